import { dataOf, textOf } from './answer.ts';
import { ConnectionError } from './errors.ts';
import { BatchEventsDocument, type BatchEventsSubscription } from './generated/graphql.ts';
import { subscribeOverSse } from './subscribe-sse.ts';
import { subscribeOverWebSocket } from './subscribe-websocket.ts';

/** One event of a batch, told apart by `__typename`. */
export type BatchEvent = BatchEventsSubscription['batchEvents'];

export type Transport = 'websocket' | 'sse';

export type FollowOptions = {
  /** Where GraphQL is served, as http or https, such as `http://127.0.0.1:4000/graphql`. */
  url: string;
  token?: string | undefined;
  batchId: string;
  /** The newest cursor you have; left out, it starts from the first event. */
  after?: string | undefined;
  /** How events travel; `websocket` unless told. */
  transport?: Transport | undefined;
  /** Ends the iteration at once; its reason is thrown. */
  signal?: AbortSignal | undefined;
  /** How long to wait before the next attempt, by the number of attempts that failed in a row, from 1. */
  delayMs?: ((failures: number) => number) | undefined;
};

/** So many attempts in a row may fail, which with the delays between them takes about half a minute. */
const maxFailures = 10;

const transports = { websocket: subscribeOverWebSocket, sse: subscribeOverSse } as const;

/**
 * Follows a batch to its end. Where the connection drops, it comes back and resumes behind the newest event it
 * has, so that each stored event comes once and in order; every new connection starts with a fresh snapshot.
 *
 * @returns events until the server ends the stream: the batch is completed or cancelled, and nothing follows.
 * @throws RequestError where the server refuses, such as NOT_FOUND and UNAUTHENTICATED; ConnectionError after
 * ten failed attempts in a row.
 */
export async function* followBatch(options: FollowOptions): AsyncGenerator<BatchEvent, void, undefined> {
  const { url, token, batchId, transport = 'websocket', signal, delayMs = backoffMs } = options;
  const query = textOf(BatchEventsDocument);
  let after = options.after;
  let failures = 0;
  for (;;) {
    let isOver = false;
    let failure: unknown;
    try {
      const variables = { batchId, after };
      for await (const body of transports[transport]({ url, token, query, variables, signal })) {
        const event = dataOf(BatchEventsDocument, body).batchEvents;
        after = event.cursor;
        failures = 0;
        if (event.__typename !== 'PostStageEvent') isOver = isEnd(event);
        yield event;
      }
      // A final event alone is not the end: behind it stands what retrying its failed posts brought.
      if (isOver) return;
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      failure = error;
    }
    failures += 1;
    if (failures >= maxFailures) {
      const reason = failure instanceof Error ? failure.message : 'The server ended the subscription.';
      throw new ConnectionError(`Gave up after ${failures} failed attempts in a row. ${reason}`, {
        cause: failure,
      });
    }
    await wait(delayMs(failures), signal);
  }
}

/** Whether the server may end the stream here: a reader who has everything is sent the snapshot and no more. */
function isEnd(event: BatchEvent): boolean {
  if (event.__typename === 'BatchSnapshotEvent') {
    return event.batch.status === 'COMPLETED' || event.batch.status === 'CANCELLED';
  }
  return event.__typename === 'BatchCompletedEvent' || event.__typename === 'BatchCancelledEvent';
}

/** Exponential backoff from 250 ms to 8 s; the jitter keeps clients from coming back all at once. */
function backoffMs(failures: number): number {
  return Math.min(8_000, 250 * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
}

/** @throws the signal's reason as soon as it is aborted. */
async function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const abort = () => reject(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}
