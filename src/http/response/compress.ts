import type { IncomingMessage, ServerResponse } from 'node:http';
import compression from 'compression';

/** Smaller answers are not worth compressing. */
const thresholdBytes = 1024;

/** Media types of answers with a known length, and of exports, which are streamed. */
const whole = /^(application\/(graphql-response\+)?json|text\/html)\b/;
const streamed = /^(text\/csv|application\/jsonl)\b/;

const prepare = compression({
  threshold: thresholdBytes,
  filter: (_request, response) => {
    const type = String(response.getHeader('content-type') ?? '');
    return streamed.test(type) || (whole.test(type) && response.hasHeader('content-length'));
  },
});

/**
 * Compresses an answer with brotli or gzip, as the client accepts. Never compresses event streams, because events would wait
 * in the compressor, nor answers with `cache-control: no-transform`.
 */
export function compress(request: IncomingMessage, response: ServerResponse): void {
  prepare(request, response, () => undefined);
}

/** @returns whether `compress` would compress a JSON answer of this length. */
export function isWorthCompressing(request: IncomingMessage, bytes: number): boolean {
  return bytes >= thresholdBytes && request.headers['accept-encoding'] !== undefined;
}
