import { dataOf, textOf } from './answer.ts';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { ConnectionError, isUnauthenticated, RequestError } from './errors.ts';
import {
  BatchEventsDocument,
  UserEventsDocument,
  type BatchEventsSubscription,
  type UserEventsSubscription,
} from './generated/graphql.ts';
import type { Session } from './tokens.ts';
import { subscribeOverSse } from './subscribe-sse.ts';
import { subscribeOverWebSocket } from './subscribe-websocket.ts';

/** One event of a batch, told apart by `__typename`. */
export type BatchEvent = BatchEventsSubscription['batchEvents'];

/** One event of an account's batches, told apart by `__typename`. */
export type UserEvent = UserEventsSubscription['userEvents'];

export type Transport = 'websocket' | 'sse';

export type FollowOptions = {
  /** Where GraphQL is served, as http or https, such as `http://127.0.0.1:4000/graphql`. */
  url: string;
  /** An access token, with which the subscription ends, or a session, with which it goes on. */
  token?: string | Session | undefined;
  /** The newest cursor you have; left out, it starts from the first event. */
  after?: string | undefined;
  /** How events travel; left out, over WebSocket, or by turns over SSE where that does not get through. */
  transport?: Transport | undefined;
  /** Ends the iteration at once; its reason is thrown. */
  signal?: AbortSignal | undefined;
  /** How long to wait before the next attempt, by the number of attempts that failed in a row, from 1. */
  delayMs?: ((failures: number) => number) | undefined;
};

export type FollowBatchOptions = FollowOptions & { batchId: string };

/** So many attempts in a row may fail, which with the delays between them takes about half a minute. */
const maxFailures = 10;

const transports = { websocket: subscribeOverWebSocket, sse: subscribeOverSse } as const;

/**
 * Follows a batch to its end. Where the connection drops, it comes back and resumes behind the newest event it
 * has, so that each stored event comes once and in order; every new connection starts with a fresh snapshot.
 *
 * @returns events until the server ends the stream: the batch is completed or cancelled, and nothing follows.
 * @throws RequestError where the server refuses, such as NOT_FOUND, UNAUTHENTICATED and INTERNAL; ConnectionError after
 * ten failed attempts in a row.
 */
export function followBatch(options: FollowBatchOptions): AsyncGenerator<BatchEvent, void, undefined> {
  const { batchId } = options;
  return resume(options, BatchEventsDocument, (after) => ({ batchId, after }), {
    eventOf: ({ batchEvents }) => batchEvents,
    // A final event alone is not the end: behind it stands what retrying its failed posts brought.
    isEnd,
  });
}

/**
 * Follows all batches of an account, those to come as well, and resumes as `followBatch` does.
 *
 * @returns events for as long as they are asked for.
 * @throws RequestError where the server refuses; ConnectionError after ten failed attempts in a row.
 */
export function followUser(options: FollowOptions): AsyncGenerator<UserEvent, void, undefined> {
  return resume(options, UserEventsDocument, (after) => ({ after }), {
    eventOf: ({ userEvents }) => userEvents,
    isEnd: () => false,
  });
}

async function* resume<Data, Event extends { __typename: string; cursor: string }>(
  options: FollowOptions,
  document: TypedDocumentNode<Data, never>,
  variablesOf: (after: string | undefined) => Record<string, unknown>,
  { eventOf, isEnd }: { eventOf: (data: Data) => Event; isEnd: (event: Event) => boolean },
): AsyncGenerator<Event, void, undefined> {
  const { url, token, signal, delayMs = backoffMs } = options;
  const session = typeof token === 'object' ? token : undefined;
  const query = textOf(document);
  let { after, transport = 'websocket' } = options;
  let failures = 0;
  for (;;) {
    let isOver = false;
    let isOpen = false;
    let bearer = typeof token === 'string' ? token : undefined;
    let isRefused = false;
    let failure: unknown;
    try {
      bearer = session === undefined ? bearer : await session.token();
      const variables = variablesOf(after);
      const request = { url, token: bearer, onRenewed: session?.onRenewed, query, variables, signal };
      for await (const body of transports[transport](request)) {
        const event = eventOf(dataOf(document, body));
        after = event.cursor;
        isOpen = true;
        failures = 0;
        if (event.__typename !== 'PostStageEvent') isOver = isEnd(event);
        yield event;
      }
      if (isOver) return;
    } catch (error) {
      isRefused = session !== undefined && isUnauthenticated(error);
      if (!isRefused && !mayPass(error)) throw error;
      if (isRefused) session?.refused(bearer ?? '');
      failure = error;
    }
    failures += 1;
    if (failures >= maxFailures) {
      const reason = failure instanceof Error ? failure.message : 'The server ended the subscription.';
      throw new ConnectionError(`Gave up after ${failures} failed attempts in a row. ${reason}`, {
        cause: failure,
      });
    }
    // Some proxies let no WebSocket through.
    if (!isOpen && !isRefused && options.transport === undefined)
      transport = transport === 'sse' ? 'websocket' : 'sse';
    await wait(delayMs(failures), signal);
  }
}

/** What a server says that has trouble for now, or too much to do. INTERNAL is a fault that would be met again. */
const passing: ReadonlySet<string> = new Set(['SERVICE_UNAVAILABLE', 'RATE_LIMITED']);

/** A connection that failed, or a server that asks to come again. */
function mayPass(error: unknown): boolean {
  return (
    error instanceof ConnectionError ||
    (error instanceof RequestError && error.codes.some((code) => passing.has(code)))
  );
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
