import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Head } from '../response/security-headers.ts';

/**
 * Whether a browser page of this origin may call. Programs send no origin and may; so may pages that this very
 * server delivered; all others must be on the list. `null` (sandboxed frames, files) is never on it.
 */
export function isAllowedOrigin(request: IncomingMessage, allowed: readonly string[]): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined || allowed.includes(origin)) return true;
  return URL.canParse(origin) && host !== undefined && new URL(origin).host === host.toLowerCase();
}

/** Says by CORS that the page may read the answer. To be called for allowed origins only. */
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

/** Answers the question that a browser asks before it sends what a form could not send. */
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
