import { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from 'openai';
import { ProviderError, type ProviderErrorCode } from '../domain/provider-errors.ts';
import { readLimits } from './openai-limits.ts';

/** Codes with which OpenAI refuses a prompt or a picture (400). */
const refusals = new Set(['moderation_blocked', 'content_policy_violation', 'content_filter']);

/** A wait longer than this is not obeyed: it would be a fault of the server, not a limit. */
const maxRetryAfterMs = 120_000;

/**
 * Tells the SDK's errors apart, once.
 *
 * @param error whatever the SDK rejected with.
 * @param signal the caller's own; where it aborted the call, its reason is returned instead.
 */
export function toProviderError(error: unknown, signal: AbortSignal): unknown {
  // In the middle of a body an abort surfaces as fetch's own AbortError.
  const isAbort =
    error instanceof APIUserAbortError || (error instanceof Error && error.name === 'AbortError');
  if (isAbort && signal.aborted) return signal.reason;
  if (error instanceof APIConnectionTimeoutError)
    return new ProviderError('PROVIDER_TIMEOUT', { mayBePaid: true, cause: error });
  if (error instanceof APIConnectionError) {
    return new ProviderError('PROVIDER_UNAVAILABLE', { mayBePaid: true, cause: error });
  }
  if (error instanceof APIError) {
    const headers = error.headers ?? new Headers();
    return new ProviderError(codeOf(error), {
      retryAfterMs: retryAfterMs(headers),
      limits: readLimits(headers),
      cause: error,
    });
  }
  // A body that is cut or no JSON fails in the SDK's parser, as a plain error.
  if (error instanceof SyntaxError) return new ProviderError('BAD_ANSWER', { mayBePaid: true, cause: error });
  return new ProviderError('PROVIDER_UNAVAILABLE', { mayBePaid: true, cause: error });
}

function codeOf(error: APIError): ProviderErrorCode {
  const { status, code } = error;
  if (code === 'insufficient_quota') return 'QUOTA_EXHAUSTED';
  if (typeof code === 'string' && refusals.has(code)) return 'CONTENT_REFUSED';
  if (status === 401 || status === 403) return 'PROVIDER_REJECTED_KEY';
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
