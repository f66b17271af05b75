import { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from 'openai';
import { describe, expect, it } from 'vitest';
import { ProviderError } from '../../../src/domain/errors/provider-errors.ts';
import { dialects } from '../../../src/provider/openai/dialects.ts';
import { toProviderError } from '../../../src/provider/openai/errors.ts';

const never = new AbortController().signal;

function answer(status: number, body: object = {}, headers: Record<string, string> = {}) {
  return APIError.generate(status, { error: body }, undefined, new Headers(headers));
}

function tell(error: unknown): ProviderError {
  const told = toProviderError(error, never);
  if (!(told instanceof ProviderError)) throw new Error('no ProviderError');
  return told;
}

describe('a failed call', () => {
  it.each([
    ['a rejected key', answer(401, { code: 'invalid_api_key' }), 'PROVIDER_REJECTED_KEY', false],
    ['a key without permission', answer(403), 'PROVIDER_REJECTED_KEY', false],
    ['an account without credit', answer(429, { code: 'insufficient_quota' }), 'QUOTA_EXHAUSTED', false],
    ['a blocked picture', answer(400, { code: 'moderation_blocked' }), 'CONTENT_REFUSED', false],
    ['a refused prompt', answer(400, { code: 'content_policy_violation' }), 'CONTENT_REFUSED', false],
    ['a malformed request', answer(400, { code: 'invalid_value' }), 'INVALID_REQUEST', false],
    ['an unknown model', answer(404, { code: 'model_not_found' }), 'PROVIDER_MODEL_UNAVAILABLE', false],
    ['an address that is not there', answer(404), 'PROVIDER_MODEL_UNAVAILABLE', false],
    ['an account that is not paid', answer(429, { code: 'billing_not_active' }), 'QUOTA_EXHAUSTED', false],
    ['a code like a name of JavaScript', answer(400, { code: 'constructor' }), 'INVALID_REQUEST', false],
    ['too many requests', answer(429, { code: 'rate_limit_exceeded' }), 'RATE_LIMITED', true],
    ['an internal error', answer(500), 'PROVIDER_UNAVAILABLE', true],
    ['a gateway that is down', answer(502), 'PROVIDER_UNAVAILABLE', true],
    ['an overload', answer(503), 'PROVIDER_UNAVAILABLE', true],
    ['a request timeout', answer(408), 'PROVIDER_UNAVAILABLE', true],
    ['no answer in time', new APIConnectionTimeoutError(), 'PROVIDER_TIMEOUT', true],
    ['no connection', new APIConnectionError({ message: 'refused' }), 'PROVIDER_UNAVAILABLE', true],
    ['a body that is cut', new TypeError('terminated'), 'PROVIDER_UNAVAILABLE', true],
    ['a body that is no JSON', new SyntaxError('Unexpected end of JSON input'), 'BAD_ANSWER', true],
  ])('for %s has a code, and says whether to try again', (_what, error, code, retryable) => {
    expect(tell(error)).toMatchObject({ code, retryable });
  });
});

it.each([
  { message: 'API key expired. Please renew the API key.' },
  { message: 'Bad request.', details: [{ reason: 'API_KEY_INVALID' }] },
  { message: 'User location is not supported for the API use.' },
])('an account that Gemini does not serve is told from a wrong request: %j', (body) => {
  const told = toProviderError(answer(400, body), never, dialects.gemini.refusals);
  expect(told).toMatchObject({ code: 'PROVIDER_REJECTED_KEY' });
});

describe('a failed call that may have been paid for', () => {
  it.each([
    ['no answer in time', new APIConnectionTimeoutError(), 'MAYBE'],
    ['a body that is cut', new TypeError('terminated'), 'MAYBE'],
    ['a body that is no JSON', new SyntaxError('Unexpected end of JSON input'), 'YES'],
    ['a refusal by status', answer(429), 'NO'],
    ['an internal error', answer(500), 'NO'],
  ])('is told apart: %s', (_what, error, paid) => {
    expect(tell(error).paid).toBe(paid);
  });
});

describe('the time to wait', () => {
  it.each([
    ['retry-after-ms, exactly', { 'retry-after-ms': '1500', 'retry-after': '9' }, 1_500],
    ['retry-after in seconds', { 'retry-after': '2' }, 2_000],
    ['a bound where the header is absurd', { 'retry-after': '86400' }, 120_000],
    ['nothing for a time that is past', { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }, 0],
    ['unknown without a header', {}, undefined],
    ['unknown where the header is nonsense', { 'retry-after': 'soon' }, undefined],
  ])('is %s', (_what, headers: Record<string, string>, expected) => {
    expect(tell(answer(429, {}, headers)).retryAfterMs).toBe(expected);
  });
});

describe('a call that we aborted ourselves', () => {
  it.each([
    ['before its answer', new APIUserAbortError()],
    ['in the middle of its answer', new DOMException('This operation was aborted', 'AbortError')],
  ])('rejects with our reason: %s', (_when, error) => {
    const reason = new Error('called off');
    expect(toProviderError(error, AbortSignal.abort(reason))).toBe(reason);
  });

  it('still tells what the provider said before', () => {
    const told = toProviderError(answer(401), AbortSignal.abort(new Error('called off')));
    expect(told).toMatchObject({ code: 'PROVIDER_REJECTED_KEY' });
  });
});
