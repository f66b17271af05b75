import type { Usage } from './pricing.ts';

/** Stable codes of what can go wrong with the AI provider. */
export type ProviderErrorCode =
  | 'RATE_LIMITED'
  | 'PROVIDER_UNAVAILABLE'
  | 'PROVIDER_TIMEOUT'
  | 'PROVIDER_DOWN'
  | 'BAD_ANSWER'
  | 'CONTENT_REFUSED'
  | 'INVALID_REQUEST'
  | 'PROVIDER_REJECTED_KEY'
  | 'QUOTA_EXHAUSTED';

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
  QUOTA_EXHAUSTED: { retryable: false, message: 'The account at the AI provider has no credit left.' },
};

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
  /** Whether the provider may have done the work, so that it is paid for although nothing came of it. */
  readonly mayBePaid: boolean;
  /** What an answer used that nothing came of: it is paid for like any other. */
  readonly usage: Usage | undefined;
  /** The limits that the refusal told: after a cut it is the first to know. */
  readonly limits: Partial<ProviderLimits>;

  constructor(
    code: ProviderErrorCode,
    details: {
      retryAfterMs?: number | undefined;
      mayBePaid?: boolean;
      usage?: Usage | undefined;
      limits?: ProviderLimits;
      cause?: unknown;
    } = {},
  ) {
    super(providerErrorCodes[code].message, { cause: details.cause });
    this.code = code;
    this.retryable = providerErrorCodes[code].retryable;
    this.retryAfterMs = details.retryAfterMs;
    this.mayBePaid = details.mayBePaid ?? details.usage !== undefined;
    this.usage = details.usage;
    this.limits = details.limits ?? {};
  }
}
