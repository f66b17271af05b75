import type { Usage } from '../money/pricing.ts';

/** Stable codes of what can go wrong with the AI provider. */
export type ProviderErrorCode =
  | 'RATE_LIMITED'
  | 'PROVIDER_UNAVAILABLE'
  | 'PROVIDER_TIMEOUT'
  | 'PROVIDER_DOWN'
  | 'BAD_ANSWER'
  | 'CONTENT_REFUSED'
  | 'INVALID_REQUEST'
  | PauseCode;

/** Failures that every post of a batch would meet: they pause it, and no post fails. */
export type PauseCode = AccountFault | 'PROVIDER_ANSWERS_USELESS';

/** What the operator has to mend at the provider or in the settings. */
export const accountFaults = [
  'PROVIDER_REJECTED_KEY',
  'PROVIDER_MODEL_UNAVAILABLE',
  'QUOTA_EXHAUSTED',
] as const;
export type AccountFault = (typeof accountFaults)[number];

/** What each code means to the person who reads it on a post, and whether the same call may succeed later. */
export const providerErrorCodes: Readonly<
  Record<ProviderErrorCode, { retryable: boolean; message: string }>
> = {
  RATE_LIMITED: { retryable: true, message: 'The AI provider is limiting our rate.' },
  PROVIDER_UNAVAILABLE: { retryable: true, message: 'The AI provider could not be reached or failed.' },
  PROVIDER_TIMEOUT: { retryable: true, message: 'The AI provider did not answer in time.' },
  PROVIDER_DOWN: { retryable: true, message: 'The AI provider keeps failing; nothing is sent for a while.' },
  BAD_ANSWER: { retryable: true, message: 'The AI provider answered with something unusable.' },
  CONTENT_REFUSED: {
    retryable: false,
    message: 'The AI provider refused this content. Change the campaign or the audience and start again.',
  },
  INVALID_REQUEST: { retryable: false, message: 'The AI provider does not accept this request.' },
  PROVIDER_REJECTED_KEY: {
    retryable: false,
    message: 'The AI provider rejected the API key of this server.',
  },
  PROVIDER_MODEL_UNAVAILABLE: {
    retryable: false,
    message: 'The AI provider has no such model, or no such address, as this server is set to use.',
  },
  QUOTA_EXHAUSTED: { retryable: false, message: 'The account at the AI provider has no credit left.' },
  PROVIDER_ANSWERS_USELESS: {
    retryable: false,
    message: 'Several answers of the AI provider in a row were unusable.',
  },
};

/** @returns whether the operator has to mend it. */
export function isAccountFault(code: ProviderErrorCode): code is AccountFault {
  return accountFaults.some((fault) => fault === code);
}

/** @returns whether it pauses the batch instead of failing the post. */
export function pausesBatch(code: ProviderErrorCode): code is PauseCode {
  return isAccountFault(code) || code === 'PROVIDER_ANSWERS_USELESS';
}

/** Whether a failed call is paid for. `MAYBE`: its answer did not come, so that nobody knows. */
export type Paid = 'NO' | 'MAYBE' | 'YES';

/** Calls, tokens and pictures a minute that the provider allows for the model of a call, where it tells. */
export type ProviderLimits = {
  requests: number | undefined;
  tokens: number | undefined;
  images: number | undefined;
};

/** A failed provider call, told apart once at the boundary: nobody behind it looks at status codes. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly code: ProviderErrorCode;
  readonly retryable: boolean;
  /** How long the provider asked us to wait. */
  readonly retryAfterMs: number | undefined;
  readonly paid: Paid;
  /** What a paid answer used, where it told that. */
  readonly usage: Usage | undefined;
  /** The limits that the refusal told: after a cut it is the first to know. */
  readonly limits: Partial<ProviderLimits>;

  constructor(
    code: ProviderErrorCode,
    details: {
      retryAfterMs?: number | undefined;
      paid?: Paid;
      usage?: Usage | undefined;
      limits?: ProviderLimits;
      cause?: unknown;
    } = {},
  ) {
    super(providerErrorCodes[code].message, { cause: details.cause });
    this.code = code;
    this.retryable = providerErrorCodes[code].retryable;
    this.retryAfterMs = details.retryAfterMs;
    this.paid = details.paid ?? 'NO';
    this.usage = details.usage;
    this.limits = details.limits ?? {};
  }
}
