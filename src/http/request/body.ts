import type { IncomingMessage } from 'node:http';
import { ServiceUnavailableError } from '../../domain/errors/errors.ts';
import { largeBytes, type Source, type UnfinishedInput } from './unfinished-input.ts';

/** The first size of the buffer for a body that arrives in more than one chunk. */
const firstBytes = 16 * 1024;

/**
 * Reads a request's body and counts its bytes, because `content-length` may be wrong. Chunks are joined as they arrive, so
 * that many small ones take little memory.
 *
 * @returns the body; undefined if it is larger than `maxBytes`. The rest is not read.
 * @throws ClientLeftError if the connection ends before the body does; ServiceUnavailableError if the client's network
 *   sends too much at once.
 */
export function readBody(
  request: IncomingMessage,
  maxBytes: number,
  { unfinished, network }: { unfinished: UnfinishedInput; network: string },
): Promise<Buffer | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer | undefined>();
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > maxBytes) {
    resolve(undefined);
    return promise;
  }
  let body: Buffer = Buffer.alloc(0);
  let bytes = 0;
  let isRead = false;
  const source: Source = {
    network,
    cut(why) {
      if (why === 'slow') {
        request.destroy();
        return;
      }
      isRead = true;
      body = Buffer.alloc(0);
      request.pause();
      reject(new ServiceUnavailableError());
    },
  };
  const finish = (read: Buffer | undefined) => {
    unfinished.hold(source, 0);
    resolve(read);
  };
  request.on('data', (chunk: Buffer) => {
    if (isRead) return;
    isRead = bytes + chunk.byteLength > maxBytes;
    if (isRead) {
      finish(undefined);
      request.pause();
      return;
    }
    // Most bodies are one chunk, which is complete and needs no copy.
    body = bytes === 0 ? chunk : append(body, bytes, chunk, maxBytes);
    bytes += chunk.byteLength;
    if (chunk.byteLength !== announced) unfinished.hold(source, body.byteLength);
  });
  request.on('end', () => {
    if (isRead) return;
    isRead = true;
    const whole = body.subarray(0, bytes);
    if (bytes < largeBytes) finish(whole);
    else void unfinished.turn().then(() => finish(whole));
  });
  // The only error of a request is the end of its connection, which `close` handles.
  request.on('error', () => undefined);
  // The client left before its request was complete: do not wait for the rest.
  request.on('close', () => {
    if (isRead) return;
    unfinished.hold(source, 0);
    reject(new ClientLeftError());
  });
  return promise;
}

/** @returns a function that parses the body as JSON on first use; it returns undefined for invalid JSON. */
export function jsonReader(body: Buffer): () => unknown {
  let read: { value: unknown } | undefined;
  return () => (read ??= { value: parseJson(body.toString()) }).value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @returns a buffer with the first `bytes` of `body`, then `chunk`. It may be longer. */
function append(body: Buffer, bytes: number, chunk: Buffer, maxBytes: number): Buffer {
  const needed = bytes + chunk.byteLength;
  let target = body;
  if (needed > body.byteLength) {
    target = Buffer.allocUnsafeSlow(Math.min(maxBytes, Math.max(firstBytes, 2 * needed)));
    body.copy(target, 0, 0, bytes);
  }
  chunk.copy(target, bytes);
  return target;
}

/** The client closed the connection before its request was complete. */
export class ClientLeftError extends Error {
  override readonly name = 'ClientLeftError';
}
