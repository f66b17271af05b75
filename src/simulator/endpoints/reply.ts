import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError, invalidRequest } from '../behaviour/errors.ts';
import type { Dialect } from '../dialects.ts';

const LONGEST_BODY = 4 * 1024 * 1024;

/** Reads and parses a JSON body. Throws ApiError 400 when it is not JSON, 413 when it is too long. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes: Buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    length += bytes.length;
    if (length > LONGEST_BODY) {
      throw new ApiError({
        status: 413,
        message: 'Request body is too large.',
        type: 'invalid_request_error',
      });
    }
    chunks.push(bytes);
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    return body;
  } catch {
    throw invalidRequest('We could not parse the JSON body of your request.');
  }
}

/** Sends a whole JSON answer. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  sendText(response, status, JSON.stringify(body));
}

/** Sends an error in the provider's form. */
export function sendError(response: ServerResponse, dialect: Dialect, error: ApiError): void {
  const { status, headers, body } = dialect.phrase(error);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  sendJson(response, status, body);
}

/** Sends a body that claims to be JSON, whether or not it is. */
export function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

/** Promises the whole text, sends half of it, and closes the socket. */
export async function sendCut(response: ServerResponse, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length });
  await write(response, bytes.subarray(0, bytes.length / 2));
  response.destroy();
}

/** Writes to the socket and waits until the bytes have left, or the client has. */
export function write(response: ServerResponse, data: string | Buffer): Promise<void> {
  if (response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('close', done);
      resolve();
    };
    response.once('close', done);
    response.write(data, done);
  });
}
