import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Outcome, RequestRecord } from '../graphql/execution/request-record.ts';
import type { SubscriptionLog } from '../graphql/subscriptions/subscribe.ts';
import { pathOf } from './request/headers.ts';
import { createRequestLogger, type Logger } from '../telemetry/logger.ts';

/** The log of requests; docs/logs.md has its fields. */
export type RequestLog = SubscriptionLog & {
  /** Writes the line of a request over HTTP when its response is closed. */
  follow(request: IncomingMessage, response: ServerResponse, record: RequestRecord): void;
  /** Writes the line of a refused upgrade to a WebSocket. */
  refusedUpgrade(request: IncomingMessage, status: number, record: RequestRecord): void;
  /** Writes the line of an operation over a WebSocket. */
  answered(record: RequestRecord): void;
  /** Writes the lines that wait. */
  flush(): void;
};

const maxPathCharacters = 200;

/** Creates the log of requests. Its lines are written in batches. */
export function createRequestLog(logger: Logger): RequestLog {
  const lines = createRequestLogger(logger);
  const write = (record: RequestRecord, message: string, outcome?: Outcome, http: object = {}) => {
    const { requestId } = record;
    lines.info({ requestId, ...http, ...record.fields(outcome) }, message);
  };
  return {
    follow(request, response, record) {
      response.on('close', () => {
        const outcome = record.refusal ?? outcomeOf(response);
        write(record, 'request', outcome, { ...lineOf(request), status: response.statusCode });
      });
    },
    refusedUpgrade: (request, status, record) =>
      write(record, 'request', 'refused', { ...lineOf(request), status }),
    answered: (record) => write(record, 'request', record.refusal ?? 'ok'),
    started: (record) => write(record, 'subscription started'),
    ended: (record, outcome) => write(record, 'subscription ended', record.refusal ?? outcome),
    flush: () => lines.flush(),
  };
}

function lineOf(request: IncomingMessage) {
  return { method: request.method, path: pathOf(request).slice(0, maxPathCharacters) };
}

/** @returns the outcome of a request without a code, such as that of an image. */
function outcomeOf({ statusCode, writableFinished }: ServerResponse): Outcome {
  if (statusCode >= 500) return 'failed';
  if (statusCode >= 400) return 'refused';
  return writableFinished ? 'ok' : 'left';
}
