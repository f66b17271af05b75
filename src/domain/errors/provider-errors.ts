import type { Usage } from '../money/pricing.ts';

/** Stable codes of provider failures. */
export type ProviderErrorCode =
  | 'RATE_LIMITED'
  | 'PROVIDER_UNAVAILABLE'
  | 'PROVIDER_TIMEOUT'
  | 'PROVIDER_DOWN'
  | 'BAD_ANSWER'
  | 'CONTENT_REFUSED'
  | 'INVALID_REQUEST'
  | PauseCode;

/** Failures that would hit every post of a batch. They pause the batch; no post fails. */
export type PauseCode = AccountFault | 'PROVIDER_ANSWERS_USELESS';

/** Failures that only the operator can fix, at the provider or in the settings. */
export const accountFaults = [
  'PROVIDER_REJECTED_KEY',
  'PROVIDER_MODEL_UNAVAILABLE',
  'QUOTA_EXHAUSTED',
] as const;
export type AccountFault = (typeof accountFaults)[number];

/** Why a batch is paused: a person asked for it, a budget does not suffice, or the provider's account or answers. */
export type PauseReason = 'REQUESTED' | 'BATCH_BUDGET_EXCEEDED' | 'MONTHLY_BUDGET_EXCEEDED' | PauseCode;

/** Why a running batch makes no progress. */
export const waitReasons = [
  'PROVIDER_UNAVAILABLE',
  'PROVIDER_RATE_LIMITED',
  'PROVIDER_SLOW',
  ...accountFaults,
] as const;
export type WaitReason = (typeof waitReasons)[number];

/** For each code: the message that people read on a post, and whether the same call may succeed later. */
export const providerErrorCodes: Readonly<
  Record<ProviderErrorCode, { retryable: boolean; message: string }>
> = {
  RATE_LIMITED: { retryable: true, message: 'The AI provider is limiting the request rate.' },
  PROVIDER_UNAVAILABLE: { retryable: true, message: 'The AI provider could not be reached or failed.' },
  PROVIDER_TIMEOUT: { retryable: true, message: 'The AI provider did not answer in time.' },
  PROVIDER_DOWN: {
    retryable: true,
    message: 'The AI provider keeps failing; no calls are sent for a while.',
  },
  BAD_ANSWER: { retryable: true, message: 'The answer of the AI provider was unusable.' },
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
    message: 'The AI provider does not have the model or the address in the settings of this server.',
  },
  QUOTA_EXHAUSTED: { retryable: false, message: 'The account at the AI provider has no credit left.' },
  PROVIDER_ANSWERS_USELESS: {
    retryable: false,
    message: 'Several answers of the AI provider in a row were unusable.',
  },
};

/** @returns whether only the operator can fix the failure. */
export function isAccountFault(code: ProviderErrorCode): code is AccountFault {
  return accountFaults.some((fault) => fault === code);
}

/** @returns whether the failure pauses the batch instead of failing the post. */
export function pausesBatch(code: ProviderErrorCode): code is PauseCode {
  return isAccountFault(code) || code === 'PROVIDER_ANSWERS_USELESS';
}

/** Whether a failed call was paid. `MAYBE`: no answer came, so nobody knows. */
export type Paid = 'NO' | 'MAYBE' | 'YES';

/** Requests, tokens and images per minute that the provider allows for a model, as far as it says. */
export type ProviderLimits = {
  requests: number | undefined;
  tokens: number | undefined;
  images: number | undefined;
};

/** A failed provider call, classified once at the boundary. No other code looks at status codes. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly code: ProviderErrorCode;
  readonly retryable: boolean;
  /** How long the provider asked us to wait. */
  readonly retryAfterMs: number | undefined;
  readonly paid: Paid;
  /** The usage of a paid answer, if it reports it. */
  readonly usage: Usage | undefined;
  /** The limits in the refusal's headers. After a cut of the limits, a refusal brings the new ones first. */
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
