import type { IncomingMessage, ServerResponse } from 'node:http';
import compression from 'compression';

/** Below this, headers and time cost more than is saved. */
const thresholdBytes = 1024;

/** Answers whose length is known before they are sent, and exports, which are streamed at the reader's pace. */
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
 * Has an answer compressed, by brotli or gzip as the client accepts, where that is of use. Events never are: each
 * would wait in the compressor for the next ones. Nor are answers that forbid it by `cache-control: no-transform`.
 */
export function compress(request: IncomingMessage, response: ServerResponse): void {
  prepare(request, response, () => undefined);
}

/** Whether a JSON answer of this length is one that `compress` does something with. */
export function isWorthCompressing(request: IncomingMessage, bytes: number): boolean {
  return bytes >= thresholdBytes && request.headers['accept-encoding'] !== undefined;
}
