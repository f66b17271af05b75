import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RateLimits } from '../../services/accounts/rate-limits.ts';
import type { AssetStore } from '../../store/assets.ts';
import type { ClientInfo } from '../request/client-info.ts';
import { pathOf } from '../request/headers.ts';
import { admitsReader, sendImmutable } from './immutable.ts';

/** The path prefix of images. */
export const assetPrefix = '/assets/';

/** Serves an image as its model made it. Its name is a hash of its content. */
export async function serveAsset(
  request: IncomingMessage,
  response: ServerResponse,
  client: ClientInfo,
  { assets, limits }: { assets: AssetStore; limits: RateLimits },
): Promise<void> {
  if (!(await admitsReader(request, response, client, limits))) return;
  const tag = pathOf(request).slice(assetPrefix.length);
  await sendImmutable(request, response, {
    tag,
    type: 'image/png',
    has: () => assets.has(tag),
    get: () => assets.get(tag),
  });
}
