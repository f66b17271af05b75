import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { GraphQLError } from 'graphql';
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { RateLimitedError } from '../domain/errors.ts';
import { maskError } from '../graphql/mask-error.ts';
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
): { close(): Promise<void>; terminate(): void } {
  // graphql-ws hands back only the arguments; their context tells which enveloped functions they belong to.
  const functionsOf = new WeakMap<
    object,
    Pick<ReturnType<GraphqlServer['getEnveloped']>, 'execute' | 'subscribe'>
  >();
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
      async onSubscribe({ extra, subscriptions }, _id, payload) {
        const client = deps.readClient(extra.request);
        const request: RequestContext = {
          requestId: requestIdOf(extra.request),
          origin: client.origin,
          address: client.address,
          refreshCookie: undefined,
          viewer: () => guardOf(extra.socket).viewer(),
        };
        const { schema, parse, validate, contextFactory, execute, subscribe } =
          deps.graphql.getEnveloped(request);
        try {
          await deps.limits.request(client.address);
          if (Object.keys(subscriptions).length > maxOperations) throw new RateLimitedError(1);
          const document = parse(deps.documents.resolve(payload) ?? payload.query);
          const errors = validate(schema, document);
          if (errors.length > 0) return errors;
          const contextValue = await contextFactory();
          functionsOf.set(contextValue, { execute, subscribe });
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
      execute: (args) => functionsOf.get(Object(args.contextValue))?.execute(args),
      subscribe: (args) => functionsOf.get(Object(args.contextValue))?.subscribe(args),
    },
    sockets,
  );

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer): unknown => {
    socket.on('error', () => socket.destroy());
    const refuse = (status: string) =>
      socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
    if (pathOf(request) !== graphqlPath) return refuse('404 Not Found');
    if (!isAllowedOrigin(request, deps.allowedOrigins)) return refuse('403 Forbidden');
    const leave = deps.connections.enter(deps.readClient(request).address);
    if (leave === undefined) return refuse('429 Too Many Requests');
    // Also where the handshake fails.
    socket.once('close', leave);
    return sockets.handleUpgrade(request, socket, head, (webSocket) => {
      guards.set(webSocket, guardSocket(webSocket, deps));
      sockets.emit('connection', webSocket, request);
    });
  });

  return {
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
