import { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from 'openai';
import { ProviderError, type ProviderErrorCode } from '../../domain/errors/provider-errors.ts';
import type { Dialect } from './dialects.ts';
import { readLimits } from './limits.ts';

/** Codes that say more than their status, as OpenAI documents them (platform.openai.com/docs/guides/error-codes). */
const knownCodes: ReadonlyMap<string, ProviderErrorCode> = new Map([
  ['moderation_blocked', 'CONTENT_REFUSED'],
  ['content_policy_violation', 'CONTENT_REFUSED'],
  ['content_filter', 'CONTENT_REFUSED'],
  ['insufficient_quota', 'QUOTA_EXHAUSTED'],
  ['billing_hard_limit_reached', 'QUOTA_EXHAUSTED'],
  ['billing_not_active', 'QUOTA_EXHAUSTED'],
  ['invalid_api_key', 'PROVIDER_REJECTED_KEY'],
  ['account_deactivated', 'PROVIDER_REJECTED_KEY'],
  ['model_not_found', 'PROVIDER_MODEL_UNAVAILABLE'],
]);

/** A longer `retry-after` is a fault of the server, not a limit, and is cut to this. */
const maxRetryAfterMs = 120_000;

/**
 * Classifies the SDK's errors.
 *
 * @param error whatever the SDK rejected with.
 * @param signal the caller's signal.
 * @param refusals what this provider's refusals mean, by a part of their bodies.
 * @returns a ProviderError, or the signal's reason if the caller aborted the call.
 */
export function toProviderError(
  error: unknown,
  signal: AbortSignal,
  refusals: Dialect['refusals'] = {},
): unknown {
  if (error instanceof ProviderError || (signal.aborted && error === signal.reason)) return error;
  // An abort in the middle of a body surfaces as fetch's own AbortError.
  const isAbort =
    error instanceof APIUserAbortError || (error instanceof Error && error.name === 'AbortError');
  if (isAbort && signal.aborted) return signal.reason;
  if (error instanceof APIConnectionTimeoutError)
    return new ProviderError('PROVIDER_TIMEOUT', { paid: 'MAYBE', cause: error });
  if (error instanceof APIConnectionError) {
    return new ProviderError('PROVIDER_UNAVAILABLE', { paid: 'MAYBE', cause: error });
  }
  if (error instanceof APIError) {
    const headers = error.headers ?? new Headers();
    return new ProviderError(codeOf(error, refusals), {
      retryAfterMs: retryAfterMs(headers),
      limits: readLimits(headers),
      cause: error,
    });
  }
  // The SDK's parser throws a plain SyntaxError for a body that is cut or not JSON.
  if (error instanceof SyntaxError) return new ProviderError('BAD_ANSWER', { paid: 'YES', cause: error });
  return new ProviderError('PROVIDER_UNAVAILABLE', { paid: 'MAYBE', cause: error });
}

function codeOf(error: APIError, refusals: Dialect['refusals']): ProviderErrorCode {
  const { status, code } = error;
  const known = typeof code === 'string' ? knownCodes.get(code) : undefined;
  if (known !== undefined) return known;
  const body = JSON.stringify(error.error ?? null);
  const [, told] = Object.entries(refusals).find(([part]) => body.includes(part)) ?? [];
  if (told !== undefined) return told;
  // Wrong keys, unsupported regions, missing permissions.
  if (status === 401 || status === 403) return 'PROVIDER_REJECTED_KEY';
  if (status === 402) return 'QUOTA_EXHAUSTED';
  // A wrong address or model: both come from settings.
  if (status === 404) return 'PROVIDER_MODEL_UNAVAILABLE';
  if (status === 429) return 'RATE_LIMITED';
  if (status === 408 || status === 409 || status === undefined || status >= 500)
    return 'PROVIDER_UNAVAILABLE';
  return 'INVALID_REQUEST';
}

/** Reads `retry-after-ms` (exact) or `retry-after` (seconds or a date), as the SDK does. */
function retryAfterMs(headers: Headers): number | undefined {
  const exact = Number(headers.get('retry-after-ms') ?? Number.NaN);
  const text = headers.get('retry-after') ?? '';
  const seconds = Number(text === '' ? Number.NaN : text);
  const wait = [exact, seconds * 1000, Date.parse(text) - Date.now()].find((value) => Number.isFinite(value));
  return wait === undefined ? undefined : Math.min(Math.max(wait, 0), maxRetryAfterMs);
}
