import type { z } from 'zod';

type ApiErrorFields = {
  readonly status: number;
  readonly message: string;
  readonly type: string;
  readonly param?: string | null;
  readonly code?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
};

/** A refusal in the provider's own form: a status and `{ error: { message, type, param, code } }`. */
export class ApiError extends Error {
  readonly status: number;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(fields: ApiErrorFields) {
    super(fields.message);
    this.name = 'ApiError';
    this.status = fields.status;
    this.type = fields.type;
    this.param = fields.param ?? null;
    this.code = fields.code ?? null;
    this.headers = fields.headers ?? {};
  }

  get body(): { error: { message: string; type: string; param: string | null; code: string | null } } {
    return { error: { message: this.message, type: this.type, param: this.param, code: this.code } };
  }
}

/** 400: the request is at fault, and `param` says where. */
export function invalidRequest(
  message: string,
  param: string | null = null,
  code: string | null = null,
): ApiError {
  return new ApiError({ status: 400, message, type: 'invalid_request_error', param, code });
}

/** 401 for a missing or wrong key. The key itself is not repeated. */
export function unauthorized(message = 'Incorrect API key provided (simulated).'): ApiError {
  return new ApiError({ status: 401, message, type: 'invalid_request_error', code: 'invalid_api_key' });
}

/** 404 for a path or method that does not exist. */
export function unknownPath(method: string, path: string): ApiError {
  const message = `Invalid URL (${method} ${path})`;
  return new ApiError({ status: 404, message, type: 'invalid_request_error' });
}

/** 404 for a model that does not exist or does not serve this endpoint. */
export function unknownModel(model: string, purpose: string): ApiError {
  return new ApiError({
    status: 404,
    message: `The model \`${model}\` does not exist or cannot be used for ${purpose}.`,
    type: 'invalid_request_error',
    param: 'model',
    code: 'model_not_found',
  });
}

/** 500, the provider's own fault. */
export function serverError(): ApiError {
  return new ApiError({
    status: 500,
    message: 'The server had an error while processing your request (simulated). Sorry about that!',
    type: 'server_error',
  });
}

/** 429 for an account without money: waiting does not help. */
export function insufficientQuota(): ApiError {
  return new ApiError({
    status: 429,
    message: 'You exceeded your current quota, please check your plan and billing details (simulated).',
    type: 'insufficient_quota',
    code: 'insufficient_quota',
  });
}

/** 400 for an image that the safety system does not draw. */
export function moderationBlocked(): ApiError {
  return new ApiError({
    status: 400,
    message: 'Your request was rejected by the safety system (simulated).',
    type: 'image_generation_user_error',
    code: 'moderation_blocked',
  });
}

/**
 * 429 rate_limit_exceeded.
 *
 * @param type what ran out, in the provider's words: `requests`, `tokens` or `input-images`
 * @param retryAfterMs real milliseconds until the same call would pass
 */
export function rateLimited(message: string, type: string, retryAfterMs: number): ApiError {
  const wholeMs = Math.max(1, Math.ceil(retryAfterMs));
  return new ApiError({
    status: 429,
    message,
    type,
    code: 'rate_limit_exceeded',
    headers: { 'retry-after': String(Math.ceil(wholeMs / 1000)), 'retry-after-ms': String(wholeMs) },
  });
}

/** Turns zod's first issue into a 400 that names the parameter as the provider does: `messages[0].role`. */
export function fromZodError(error: z.ZodError): ApiError {
  const issue = error.issues[0];
  if (!issue) return invalidRequest('Invalid request.');
  if (issue.code === 'unrecognized_keys') {
    const key = [...issue.path, issue.keys[0] ?? ''].join('.');
    return invalidRequest(`Unknown parameter: '${key}'.`, key, 'unknown_parameter');
  }
  const param = issue.path.reduce<string>((path, key) => {
    if (typeof key === 'number') return `${path}[${key}]`;
    return path === '' ? String(key) : `${path}.${String(key)}`;
  }, '');
  if (param === '') return invalidRequest(`Invalid request: ${issue.message}.`);
  return invalidRequest(`Invalid value for '${param}': ${issue.message}.`, param, 'invalid_value');
}
