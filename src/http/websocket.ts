import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { GraphQLError } from 'graphql';
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { RateLimitedError } from '../domain/errors.ts';
import type { OperationArgs } from '../graphql/context.ts';
import type { Sink } from '../graphql/audience.ts';
import { maskError } from '../graphql/mask-error.ts';
import { endingWith } from '../graphql/pull.ts';
import type { Subscription } from '../graphql/shared-subscribe.ts';
import type { Accounts } from '../services/accounts.ts';
import type { RateLimits } from '../services/rate-limits.ts';
import type { Sessions } from '../services/sessions.ts';
import type { ClientInfo } from './client-info.ts';
import type { ConnectionCount } from './connection-count.ts';
import { pathOf, requestIdOf } from './headers.ts';
import { graphqlPath, type GraphqlServer, type RequestContext } from './graphql-server.ts';
import type { PersistedDocuments } from './persisted-documents.ts';
import { isAllowedOrigin } from './origins.ts';
import { guardSocket, type SocketGuard } from './socket-guard.ts';

/** Operations that may be open on one socket. */
const maxOperations = 100;

/** The peer has stopped to read; it may come back and resume behind its cursor. */
const stalledCode = 4410;
/** Bytes that may wait for a peer before its subscriptions wait for it. */
const maxBufferedBytes = 64 * 1024;
/** A peer that answers no ping for this long is gone; it is found after twice this. */
const pingEveryMs = 12_000;

/**
 * GraphQL over WebSocket (graphql-transport-ws) on the same path as HTTP. The access token travels in the
 * connection parameters as `authorization`; a wrong one closes the socket with 4403. A `ping` whose payload
 * has a new `authorization` goes on with that one.
 *
 * @returns how to close all sockets.
 */
export function attachWebSockets(
  server: Server,
  deps: {
    graphql: GraphqlServer;
    accounts: Accounts;
    sessions: Sessions;
    limits: RateLimits;
    documents: PersistedDocuments;
    connections: ConnectionCount;
    readClient: (request: IncomingMessage) => ClientInfo;
    allowedOrigins: readonly string[];
    maxMessageBytes: number;
  },
): {
  close(): Promise<void>;
  terminate(): void;
  /** @returns false where the connection is no WebSocket. */
  closeStalled(connection: Duplex): boolean;
} {
  // graphql-ws hands back only the arguments; their context tells which operation they belong to.
  const operations = new WeakMap<object, Operation>();
  const webSockets = new WeakMap<Duplex, WebSocket>();
  const guards = new WeakMap<WebSocket, SocketGuard>();
  const guardOf = (socket: WebSocket): SocketGuard => {
    const guard = guards.get(socket);
    if (guard === undefined) throw new Error('a socket has no guard');
    return guard;
  };
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: deps.maxMessageBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) =>
      offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) ? GRAPHQL_TRANSPORT_WS_PROTOCOL : false,
  });

  const graphqlWs = useServer<Record<string, unknown>>(
    {
      onConnect: ({ extra, connectionParams }) => guardOf(extra.socket).authenticate(connectionParams),
      async onPing({ extra }, payload) {
        await guardOf(extra.socket).authenticate(payload);
      },
      async onSubscribe({ extra, subscriptions }, id, payload) {
        const client = deps.readClient(extra.request);
        const request: RequestContext = {
          requestId: requestIdOf(extra.request),
          origin: client.origin,
          address: client.address,
          refreshCookie: undefined,
          markSecret: () => undefined,
          viewer: () => guardOf(extra.socket).viewer(),
        };
        const { schema, parse, validate, contextFactory, execute } = deps.graphql.getEnveloped(request);
        try {
          await deps.limits.request(client.address);
          if (Object.keys(subscriptions).length > maxOperations) throw new RateLimitedError(1);
          const document = parse(deps.documents.resolve(payload) ?? payload.query);
          const errors = validate(schema, document);
          if (errors.length > 0) return errors;
          const contextValue = await contextFactory();
          operations.set(contextValue, { execute, contextValue, socket: extra.socket, id });
          return {
            schema,
            document,
            contextValue,
            operationName: payload.operationName ?? null,
            variableValues: payload.variables ?? null,
          };
        } catch (error) {
          // What throws here would close the socket, and with it every other subscription on it.
          if (error instanceof RateLimitedError) return [maskError(error, () => undefined)];
          if (error instanceof GraphQLError) return [error];
          throw error;
        }
      },
      execute: (args) => operations.get(Object(args.contextValue))?.execute(args),
      async subscribe(args) {
        const operation = operations.get(Object(args.contextValue));
        if (operation === undefined) throw new Error('a subscription that was not announced');
        const { contextValue } = operation;
        const answer = await deps.graphql.subscribe({ ...args, contextValue });
        // It may last for hours; what it was started with need not.
        operations.delete(Object(args.contextValue));
        return 'deliver' in answer ? pushAll(answer, operation) : answer;
      },
    },
    sockets,
    pingEveryMs,
  );

  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const refuse = (status: string) => {
      socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
    };
    if (pathOf(request) !== graphqlPath) return refuse('404 Not Found');
    if (!isAllowedOrigin(request, deps.allowedOrigins)) return refuse('403 Forbidden');
    const { address } = deps.readClient(request);
    try {
      await deps.limits.request(address);
    } catch (error) {
      if (!(error instanceof RateLimitedError)) throw error;
      return refuse('429 Too Many Requests');
    }
    // Its `close` may have been and gone: nothing would give the place back.
    const leave = socket.destroyed ? undefined : deps.connections.enter(address);
    if (leave === undefined) return refuse('429 Too Many Requests');
    // Also where the handshake fails.
    socket.once('close', leave);
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      guards.set(webSocket, guardSocket(webSocket, deps));
      webSockets.set(socket, webSocket);
      sockets.emit('connection', webSocket, request);
    });
  }

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    upgrade(request, socket, head).catch(() => socket.destroy());
  });

  return {
    closeStalled(connection) {
      const webSocket = webSockets.get(connection);
      webSocket?.close(stalledCode, 'You have stopped to read; come back and resume behind your cursor');
      return webSocket !== undefined;
    },
    terminate() {
      for (const client of sockets.clients) client.terminate();
    },
    async close() {
      for (const client of sockets.clients) client.close(1001, 'Going away');
      await graphqlWs.dispose();
      sockets.close();
    },
  };
}

/** One operation of graphql-ws. */
type Operation = {
  execute: ReturnType<GraphqlServer['getEnveloped']>['execute'];
  contextValue: OperationArgs['contextValue'];
  socket: WebSocket;
  /** The client's own name for it. */
  id: string;
};

/**
 * Sends each result as a `next` message of its own writing: its text is shared by all subscribers who are told
 * the same, and graphql-ws would serialise it again for each. All else of the protocol is graphql-ws', which
 * hears of the end only.
 */
function pushAll(
  subscription: Subscription,
  { socket, id }: Operation,
): AsyncGenerator<never, void, undefined> {
  const head = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
  const sink: Sink = {
    push({ text }) {
      // A socket that closes takes everything; graphql-ws ends its subscriptions when it has closed.
      if (socket.readyState !== socket.OPEN) return true;
      if (socket.bufferedAmount >= maxBufferedBytes) return false;
      socket.send(`${head}${text}}`);
      return true;
    },
    // Called back when all that was sent before has left, or cannot leave any more.
    drained: () =>
      socket.bufferedAmount < maxBufferedBytes
        ? Promise.resolve()
        : new Promise((resolve) => socket.ping(undefined, undefined, () => resolve())),
  };
  async function* push(): AsyncGenerator<never, void, undefined> {
    await subscription.deliver(sink);
    // Nothing is left for graphql-ws to send but the end.
    yield* [];
  }
  return endingWith(push(), subscription.leave);
}
