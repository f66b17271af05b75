import type { IncomingMessage, ServerResponse } from 'node:http';
import { RateLimitedError } from '../../domain/errors/errors.ts';
import type { RateLimits } from '../../services/accounts/rate-limits.ts';
import type { AssetStore } from '../../store/assets.ts';
import type { ClientInfo } from '../request/client-info.ts';
import { pathOf } from '../response/headers.ts';

export const assetPrefix = '/assets/';

/** Serves a picture. Its name is made from its content, so it may be kept for ever. */
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
    response.writeHead(404, { 'content-type': 'text/plain' }).end('There is no such picture.\n');
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

/** Whether a list of ETags has this one, weakened or not, as caches compare them (RFC 9110, 13.1.2). */
function namesEtag(list: string | undefined, etag: string): boolean {
  if (list === undefined) return false;
  return list.split(',').some((entry) => ['*', etag].includes(entry.trim().replace(/^W\//, '')));
}
