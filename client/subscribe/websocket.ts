import { CloseCode, createClient, type Client } from 'graphql-ws/client';
import * as z from 'zod/mini';
import { ConnectionError, graphqlErrorsSchema, RequestError } from '../errors.ts';
import type { SubscribeRequest } from './request.ts';

const acknowledgeMs = 10_000;
const pingEveryMs = 10_000;
const pongWithinMs = 5_000;

/**
 * One attempt at a subscription over WebSocket (graphql-transport-ws), on a socket of its own.
 *
 * @returns the answers as they arrive; ends when the server completes the subscription.
 * @throws RequestError if the server refuses the token or the document, ConnectionError if the socket closes too early.
 */
export async function* subscribeOverWebSocket(
  request: SubscribeRequest,
): AsyncGenerator<unknown, void, undefined> {
  const { url, token, onRenewed, query, variables, signal } = request;
  signal?.throwIfAborted();
  // Node 20 has no WebSocket of its own.
  const webSocketImpl = request.webSocket ?? globalThis.WebSocket ?? (await import('ws')).WebSocket;
  let stopRenewing: (() => void) | undefined;
  const watch = createPongWatch();
  const client: Client = createClient({
    url: url.replace(/^http/, 'ws'),
    ...(token === undefined ? {} : { connectionParams: { authorization: `Bearer ${token}` } }),
    webSocketImpl,
    // The caller retries: only the caller knows the cursor to resume from.
    retryAttempts: 0,
    connectionAckWaitTimeout: acknowledgeMs,
    keepAlive: pingEveryMs,
    // The only operation of its connection. With the same id everywhere, the server encodes a message for many clients once.
    generateID: () => '1',
    on: {
      connected: (socket) => {
        // The connection uses the token that opened it. New tokens are sent in a ping.
        stopRenewing = onRenewed?.((next) => socketSchema.parse(socket).send(pingWith(next)));
      },
      ping: (received) => {
        if (!received) watch.expectPong(() => client.terminate());
      },
      pong: (received) => {
        if (received) watch.clear();
      },
      closed: (event) => {
        // graphql-ws opens a new socket after a normal close, regardless of `retryAttempts`.
        if (closeEventSchema.safeParse(event).data?.code === 1000) dispose(client);
      },
    },
  });
  const abort = () => client.terminate();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    yield* client.iterate({ query, variables });
  } catch (error) {
    signal?.throwIfAborted();
    throw explain(error, url);
  } finally {
    signal?.removeEventListener('abort', abort);
    stopRenewing?.();
    watch.clear();
    dispose(client);
  }
}

const socketSchema = z.custom<{ send(text: string): void }>(
  (socket) => typeof Object(socket).send === 'function',
);

function pingWith(token: string): string {
  return JSON.stringify({ type: 'ping', payload: { authorization: `Bearer ${token}` } });
}

function dispose(client: Client): void {
  // Rejects if the socket never opened. `iterate` throws that too.
  Promise.resolve(client.dispose()).catch(() => undefined);
}

/** Finds half-open connections: without a pong after `pongWithinMs`, the connection counts as lost. */
function createPongWatch() {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const clear = () => clearTimeout(timer);
  return {
    clear,
    expectPong(onSilence: () => void) {
      clear();
      timer = setTimeout(onSilence, pongWithinMs);
    },
  };
}

const closeEventSchema = z.object({ code: z.number(), reason: z.string() });

/** Close codes of graphql-transport-ws that a new attempt would get again: the token or the request is refused. */
const refusedToken: ReadonlySet<number> = new Set([CloseCode.Unauthorized, CloseCode.Forbidden]);
const refusedProtocol: ReadonlySet<number> = new Set([
  CloseCode.BadRequest,
  CloseCode.SubprotocolNotAcceptable,
]);

/** Translates what graphql-ws throws: a CloseEvent, an ErrorEvent, or the errors of an invalid document. */
function explain(error: unknown, url: string): Error {
  const errors = graphqlErrorsSchema.safeParse(error);
  if (errors.success) return RequestError.fromGraphql(errors.data);
  const closed = closeEventSchema.safeParse(error).data;
  if (closed === undefined) return new ConnectionError(`The WebSocket to ${url} failed.`, { cause: error });
  if (refusedToken.has(closed.code)) {
    const message = 'The access token is not valid, or no longer. Log in again.';
    return new RequestError([{ message, code: 'UNAUTHENTICATED' }]);
  }
  const message = `The WebSocket to ${url} was closed (${`${closed.code} ${closed.reason}`.trimEnd()}).`;
  return refusedProtocol.has(closed.code)
    ? new RequestError([{ message, code: 'WEBSOCKET_REFUSED' }])
    : new ConnectionError(message);
}
