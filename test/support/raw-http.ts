import { once } from 'node:events';
import { request as send, type IncomingMessage, type RequestOptions } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';

/** An answer whose body nobody has touched: `fetch` decodes it unasked. */
export type RawResponse = { status: number; headers: IncomingMessage['headers']; body: Buffer };

/** Sends a request and returns the answer as soon as its headers are there. */
export async function open(
  url: string,
  { body, ...options }: RequestOptions & { body?: string } = {},
): Promise<IncomingMessage> {
  const request = send(url, { agent: false, ...options });
  request.end(body);
  const [response] = await once(request, 'response');
  return response;
}

/** Sends a request and reads the whole answer. */
export async function exchange(url: string, options: Parameters<typeof open>[1] = {}): Promise<RawResponse> {
  const response = await open(url, options);
  const pieces: Buffer[] = await response.toArray();
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces) };
}

/** The text of a body, decoded as its `content-encoding` says. */
export function textOf({ headers, body }: RawResponse): string {
  const decode = { br: brotliDecompressSync, gzip: gunzipSync }[headers['content-encoding'] ?? ''];
  return (decode === undefined ? body : decode(body)).toString();
}
