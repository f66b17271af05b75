import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Head } from '../response/security-headers.ts';

/**
 * Checks whether a page of the request's origin may call. Programs send no origin and may call, and so may pages of this
 * server. Other origins must be in the list. `null` (sandboxed frames, files) never is.
 *
 * @returns whether the origin is allowed.
 */
export function isAllowedOrigin(request: IncomingMessage, allowed: readonly string[]): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined || allowed.includes(origin)) return true;
  return URL.canParse(origin) && host !== undefined && new URL(origin).host === host.toLowerCase();
}

/** Adds the CORS headers that let the page read the answer. Call it for allowed origins only. */
export function allowOrigin(request: IncomingMessage, head: Head): void {
  head.push('vary', 'Origin, Accept-Encoding');
  if (request.headers.origin === undefined) return;
  head.push(
    'access-control-allow-origin',
    request.headers.origin,
    'access-control-allow-credentials',
    'true',
    'access-control-expose-headers',
    'x-request-id, retry-after',
  );
}

/** Answers a CORS preflight request. */
export function answerPreflight(response: ServerResponse, head: Head): void {
  response
    .writeHead(204, [
      ...head,
      'access-control-allow-methods',
      'GET, POST',
      'access-control-allow-headers',
      'authorization, content-type, x-request-id',
      'access-control-max-age',
      '600',
      'content-length',
      '0',
    ])
    .end();
}
