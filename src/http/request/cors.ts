import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Head } from '../response/security-headers.ts';
import type { HttpSettings } from '../settings.ts';

/** What a refused page is told. */
export const originRefusal =
  'Pages of this origin may not call this server. If they should, set ALLOWED_ORIGINS to the origins of such pages.';

/**
 * Checks whether a page of the request's origin may call. Programs send no origin and may call, and so may pages of this
 * server. Other origins must be in the list, or on this machine in development. `null` (sandboxed frames, files) never is.
 *
 * @returns whether the origin is allowed.
 */
export function isAllowedOrigin(
  request: IncomingMessage,
  { allowedOrigins, allowsLoopbackOrigins }: Pick<HttpSettings, 'allowedOrigins' | 'allowsLoopbackOrigins'>,
): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined || allowedOrigins.includes(origin)) return true;
  const page = URL.parse(origin);
  if (page === null) return false;
  return (
    (host !== undefined && page.host === host.toLowerCase()) || (allowsLoopbackOrigins && isLoopback(page))
  );
}

/** Whether a page comes from a web server of the machine that it is shown on. */
function isLoopback({ protocol, hostname }: URL): boolean {
  return /^https?:$/.test(protocol) && /^((.+\.)?localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
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
