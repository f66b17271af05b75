import type { IncomingMessage } from 'node:http';

/**
 * Reads a request's body, and counts while it comes: what a client says of its length proves nothing.
 *
 * @returns undefined where it is larger than `maxBytes`; the rest is not read.
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer | undefined>();
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
    resolve(undefined);
    return promise;
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  let isRead = false;
  const finish = (body: Buffer | undefined) => {
    isRead = true;
    resolve(body);
  };
  request.on('data', (chunk: Buffer) => {
    if (isRead) return;
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes <= maxBytes) return;
    finish(undefined);
    request.pause();
  });
  request.on('end', () => {
    const [only] = chunks;
    finish(chunks.length === 1 ? only : Buffer.concat(chunks));
  });
  request.on('error', reject);
  // A client that leaves in the middle gets no answer; nobody is to wait for its rest.
  request.on('close', () => {
    if (!isRead) reject(new ClientLeftError());
  });
  return promise;
}

/** The client closed the connection before its request was complete. */
export class ClientLeftError extends Error {
  override readonly name = 'ClientLeftError';
}
