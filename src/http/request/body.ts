import type { IncomingMessage } from 'node:http';
import { ServiceUnavailableError } from '../../domain/errors/errors.ts';
import { largeBytes, type Source, type UnfinishedInput } from './unfinished-input.ts';

/** What is taken for a body at first, where it comes in more than one piece. */
const firstBytes = 16 * 1024;

/**
 * Reads a request's body, and counts while it comes: what a client says of its length proves nothing. The pieces are
 * put together as they come, as each would take hundreds of bytes, however small it is.
 *
 * @returns undefined where it is larger than `maxBytes`; the rest is not read.
 * @throws ClientLeftError where the connection ends before the body does; ServiceUnavailableError where the client's
 *   network sends too much at once.
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
  request.on('data', (piece: Buffer) => {
    if (isRead) return;
    isRead = bytes + piece.byteLength > maxBytes;
    if (isRead) {
      finish(undefined);
      request.pause();
      return;
    }
    // Most bodies are one piece, which is taken as it is, and is not unfinished.
    body = bytes === 0 ? piece : append(body, bytes, piece, maxBytes);
    bytes += piece.byteLength;
    if (piece.byteLength !== announced) unfinished.hold(source, body.byteLength);
  });
  request.on('end', () => {
    if (isRead) return;
    isRead = true;
    const whole = body.subarray(0, bytes);
    if (bytes < largeBytes) finish(whole);
    else void unfinished.turn().then(() => finish(whole));
  });
  // A request has no error but that its connection ended.
  request.on('error', () => undefined);
  // A client that leaves in the middle gets no answer; nobody is to wait for its rest.
  request.on('close', () => {
    if (isRead) return;
    unfinished.hold(source, 0);
    reject(new ClientLeftError());
  });
  return promise;
}

/** @returns what reads a body as JSON, with its first use; undefined stands for what is none. */
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

/** @returns a buffer that begins with the first `bytes` of `body` and goes on with `piece`; it may be longer. */
function append(body: Buffer, bytes: number, piece: Buffer, maxBytes: number): Buffer {
  const needed = bytes + piece.byteLength;
  let target = body;
  if (needed > body.byteLength) {
    target = Buffer.allocUnsafeSlow(Math.min(maxBytes, Math.max(firstBytes, 2 * needed)));
    body.copy(target, 0, 0, bytes);
  }
  piece.copy(target, bytes);
  return target;
}

/** The client closed the connection before its request was complete. */
export class ClientLeftError extends Error {
  override readonly name = 'ClientLeftError';
}
