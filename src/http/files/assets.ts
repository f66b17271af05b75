import type { IncomingMessage, ServerResponse } from 'node:http';
import { RateLimitedError } from '../../domain/errors/errors.ts';
import type { RateLimits } from '../../services/accounts/rate-limits.ts';
import type { AssetStore } from '../../store/assets.ts';
import type { ClientInfo } from '../request/client-info.ts';
import { pathOf } from '../request/headers.ts';

/** The path prefix of images. */
export const assetPrefix = '/assets/';

/** Serves an image. Its name is a hash of its content, so clients may cache it for ever. */
export async function serveAsset(
  request: IncomingMessage,
  response: ServerResponse,
  client: ClientInfo,
  { assets, limits }: { assets: AssetStore; limits: RateLimits },
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return;
  }
  try {
    await limits.request(client.address);
  } catch (error) {
    if (!(error instanceof RateLimitedError)) throw error;
    const headers = { 'content-type': 'text/plain', 'retry-after': String(error.retryAfter) };
    response.writeHead(429, headers).end(`${error.message}\n`);
    return;
  }
  const key = pathOf(request).slice(assetPrefix.length);
  const etag = `"${key}"`;
  const cached = { etag, 'cache-control': 'public, max-age=31536000, immutable' };
  if (namesEtag(request.headers['if-none-match'], etag) && (await assets.has(key))) {
    response.writeHead(304, cached).end();
    return;
  }
  const bytes = await assets.get(key);
  if (bytes === undefined) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('There is no such image.\n');
    return;
  }
  response.writeHead(200, {
    'content-type': 'image/png',
    'content-length': bytes.byteLength,
    'x-content-type-options': 'nosniff',
    ...cached,
  });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

/** @returns whether a list of ETags contains this one, by weak comparison (RFC 9110, section 13.1.2). */
function namesEtag(list: string | undefined, etag: string): boolean {
  if (list === undefined) return false;
  return list.split(',').some((entry) => ['*', etag].includes(entry.trim().replace(/^W\//, '')));
}
