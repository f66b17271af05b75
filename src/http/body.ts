import type { IncomingMessage } from 'node:http';

/**
 * Reads a request's body, and counts while it comes: what a client says of its length proves nothing.
 *
 * @returns undefined where it is larger than `maxBytes`; the rest is not read.
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return undefined;
  const chunks: Buffer[] = [];
  let bytes = 0;
  const { promise, resolve, reject } = Promise.withResolvers<Buffer | undefined>();
  const onData = (chunk: Buffer) => {
    bytes += chunk.byteLength;
    chunks.push(chunk);
    if (bytes > maxBytes) finish(undefined);
  };
  // A client that leaves in the middle gets no answer; nobody is to wait for its rest.
  const onClose = () => reject(new ClientLeftError());
  const finish = (body: Buffer | undefined) => {
    request.off('data', onData).off('close', onClose);
    request.pause();
    resolve(body);
  };
  request.on('data', onData);
  request.once('end', () => finish(Buffer.concat(chunks)));
  request.once('error', reject);
  request.once('close', onClose);
  return promise;
}

/** The client closed the connection before its request was complete. */
export class ClientLeftError extends Error {
  override readonly name = 'ClientLeftError';
}
