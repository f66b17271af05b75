import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AssetStore } from '../store/assets.ts';
import { pathOf } from './headers.ts';

export const assetPrefix = '/assets/';

/** Serves a picture. Its name is made from its content, so it may be kept for ever. */
export async function serveAsset(
  request: IncomingMessage,
  response: ServerResponse,
  assets: AssetStore,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return;
  }
  const key = pathOf(request).slice(assetPrefix.length);
  const etag = `"${key}"`;
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, { etag }).end();
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
    'cache-control': 'public, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
    etag,
  });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}
