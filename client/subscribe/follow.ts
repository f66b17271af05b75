import { dataOf } from '../answer.ts';
import type { TypedDocument } from '../documents.ts';
import { ConnectionError, isUnauthenticated, RequestError } from '../errors.ts';
import {
  BatchEventsDocument,
  WorkspaceEventsDocument,
  type BatchEventsSubscription,
  type WorkspaceEventsSubscription,
} from '../generated/graphql.ts';
import type { Session } from '../tokens.ts';
import type { WebSocketClass } from './request.ts';
import { subscribeOverSse } from './sse.ts';
import { subscribeOverWebSocket } from './websocket.ts';

/** One event of a batch; `__typename` says which kind. */
export type BatchEvent = BatchEventsSubscription['batchEvents'];

/** One event of a workspace's batches; `__typename` says which kind. */
export type WorkspaceEvent = WorkspaceEventsSubscription['workspaceEvents'];

/** How events travel. */
export type Transport = 'websocket' | 'sse';

/** Options of every subscription. */
export type FollowOptions = {
  /** The address of GraphQL, with http or https, such as `http://127.0.0.1:4000/graphql`. */
  url: string;
  /** An access token, or a session that renews it. With a token, the subscription ends when the token expires. */
  token?: string | Session | undefined;
  /** The newest cursor you have. Default: starts from the first event. */
  after?: string | undefined;
  /** The transport. Default: WebSocket, alternating with SSE until a connection succeeds. */
  transport?: Transport | undefined;
  /** The WebSocket class to use. Default: the global one; where there is none, as in Node 20, that of `ws`. */
  webSocket?: WebSocketClass | undefined;
  /** Ends the iteration at once, and throws the signal's reason. */
  signal?: AbortSignal | undefined;
  /** How long to wait before the next attempt. `failures` counts failed attempts in a row, from 1. */
  delayMs?: ((failures: number) => number) | undefined;
};

/** Options of `followBatch`. */
export type FollowBatchOptions = FollowOptions & { batchId: string };

/** Gives up after this many failed attempts in a row: with the delays between them, after about half a minute. */
const maxFailures = 10;

const transports = { websocket: subscribeOverWebSocket, sse: subscribeOverSse } as const;

/**
 * Follows a batch to its end. If the connection drops, it reconnects and resumes after its newest event, so that each
 * stored event comes once and in order. Every new connection starts with a fresh snapshot.
 *
 * @returns events until the server ends the stream: the batch is completed or cancelled, and nothing follows.
 * @throws RequestError if the server refuses, such as NOT_FOUND, UNAUTHENTICATED and INTERNAL; ConnectionError after
 * ten failed attempts in a row.
 */
export function followBatch(options: FollowBatchOptions): AsyncGenerator<BatchEvent, void, undefined> {
  const { batchId } = options;
  return resume(options, BatchEventsDocument, (after) => ({ batchId, after }), {
    eventOf: ({ batchEvents }) => batchEvents,
    // A final event is not always the end: events of retried posts may follow it.
    isEnd,
  });
}

/**
 * Follows all present and future batches of the token's workspace, and resumes as `followBatch` does.
 *
 * @returns events without end.
 * @throws RequestError if the server refuses; ConnectionError after ten failed attempts in a row.
 */
export function followWorkspace(options: FollowOptions): AsyncGenerator<WorkspaceEvent, void, undefined> {
  return resume(options, WorkspaceEventsDocument, (after) => ({ after }), {
    eventOf: ({ workspaceEvents }) => workspaceEvents,
    isEnd: () => false,
  });
}

/**
 * @deprecated Use `followWorkspace`.
 * @alias
 */
export const followUser = followWorkspace;

/** @deprecated Use `WorkspaceEvent`. */
export type UserEvent = WorkspaceEvent;

async function* resume<Data, Event extends { __typename: string; cursor: string }>(
  options: FollowOptions,
  document: TypedDocument<Data, never>,
  variablesOf: (after: string | undefined) => Record<string, unknown>,
  { eventOf, isEnd }: { eventOf: (data: Data) => Event; isEnd: (event: Event) => boolean },
): AsyncGenerator<Event, void, undefined> {
  const { url, token, signal, webSocket, delayMs = backoffMs } = options;
  const session = typeof token === 'object' ? token : undefined;
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
      const request = {
        url,
        token: bearer,
        onRenewed: session?.onRenewed,
        query: document,
        variables,
        signal,
        webSocket,
      };
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
    // Some proxies block WebSockets.
    if (!isOpen && !isRefused && options.transport === undefined)
      transport = transport === 'sse' ? 'websocket' : 'sse';
    const retryAfterMs = failure instanceof RequestError ? 1_000 * (failure.retryAfter ?? 0) : 0;
    await wait(Math.max(delayMs(failures), retryAfterMs), signal);
  }
}

/** Codes of temporary failures. INTERNAL is not one of them: it would happen again. */
const passing: ReadonlySet<string> = new Set(['SERVICE_UNAVAILABLE', 'RATE_LIMITED']);

/** Whether another attempt may succeed: the connection failed, or the server has a temporary failure. */
function mayPass(error: unknown): boolean {
  return (
    error instanceof ConnectionError ||
    (error instanceof RequestError && error.codes.some((code) => passing.has(code)))
  );
}

/** Whether the server may end the stream after this event. A reader who has everything gets only the snapshot. */
function isEnd(event: BatchEvent): boolean {
  if (event.__typename === 'BatchSnapshotEvent') {
    return event.batch.status === 'COMPLETED' || event.batch.status === 'CANCELLED';
  }
  return event.__typename === 'BatchCompletedEvent' || event.__typename === 'BatchCancelledEvent';
}

/** Exponential backoff from 250 ms to 8 s. Jitter keeps clients from reconnecting all at once. */
function backoffMs(failures: number): number {
  return Math.min(8_000, 250 * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
}

/** @throws the signal's reason as soon as it is aborted. */
async function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
  signal?.throwIfAborted();
}
