import type { IncomingMessage, ServerResponse } from 'node:http';
import { RateLimitedError } from '../../domain/errors/errors.ts';
import type { RateLimits } from '../../services/accounts/rate-limits.ts';
import type { ClientInfo } from '../request/client-info.ts';

/** A file whose content never changes under its name. */
export type ImmutableFile = {
  /** Names the content. */
  tag: string;
  type: string;
  has(): Promise<boolean>;
  /** @returns undefined if there is no such file. */
  get(): Promise<Uint8Array | undefined>;
};

/** @returns whether the request reads and its client may ask now. If not, it is answered. */
export async function admitsReader(
  request: IncomingMessage,
  response: ServerResponse,
  client: ClientInfo,
  limits: RateLimits,
): Promise<boolean> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return false;
  }
  try {
    await limits.request(client.address);
    return true;
  } catch (error) {
    if (!(error instanceof RateLimitedError)) throw error;
    const headers = { 'content-type': 'text/plain', 'retry-after': String(error.retryAfter) };
    response.writeHead(429, headers).end(`${error.message}\n`);
    return false;
  }
}

/** Sends a file that clients may keep for ever. */
export async function sendImmutable(
  request: IncomingMessage,
  response: ServerResponse,
  { tag, type, has, get }: ImmutableFile,
): Promise<void> {
  const etag = `"${tag}"`;
  const cached = { etag, 'cache-control': 'public, max-age=31536000, immutable' };
  if (namesEtag(request.headers['if-none-match'], etag) && (await has())) {
    response.writeHead(304, cached).end();
    return;
  }
  const bytes = await get();
  if (bytes === undefined) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('There is no such image.\n');
    return;
  }
  response.writeHead(200, {
    'content-type': type,
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
