import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { GraphQLError } from 'graphql';
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { z } from 'zod';
import { UnauthenticatedError } from '../domain/errors.ts';
import type { Accounts, Viewer } from '../services/accounts.ts';
import { bearerToken, originOf, pathOf, requestIdOf } from './headers.ts';
import { graphqlPath, type GraphqlServer, type RequestContext } from './graphql-server.ts';

type Extra = { viewer: Viewer | undefined };

/**
 * GraphQL over WebSocket (graphql-transport-ws) on the same path as HTTP. The access token travels in the
 * connection parameters as `authorization`; a wrong one closes the socket with 4403.
 *
 * @returns how to close all sockets.
 */
export function attachWebSockets(
  server: Server,
  deps: { graphql: GraphqlServer; accounts: Accounts; maxMessageBytes: number },
): { close(): Promise<void>; terminate(): void } {
  // graphql-ws hands back only the arguments; their context tells which enveloped functions they belong to.
  const functionsOf = new WeakMap<
    object,
    Pick<ReturnType<GraphqlServer['getEnveloped']>, 'execute' | 'subscribe'>
  >();
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: deps.maxMessageBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) =>
      offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) ? GRAPHQL_TRANSPORT_WS_PROTOCOL : false,
  });

  const graphqlWs = useServer<Record<string, unknown>, Extra>(
    {
      async onConnect(context) {
        const token = bearerToken(
          connectionParamsSchema.safeParse(context.connectionParams).data?.authorization,
        );
        if (token === undefined) return true;
        try {
          context.extra.viewer = await deps.accounts.authenticate(token);
          return true;
        } catch {
          return false;
        }
      },
      async onSubscribe(context, _id, payload) {
        const request: RequestContext = {
          requestId: requestIdOf(context.extra.request),
          origin: originOf(context.extra.request),
          viewer: async () => stillValid(context.extra.viewer),
        };
        const { schema, parse, validate, contextFactory, execute, subscribe } =
          deps.graphql.getEnveloped(request);
        try {
          const document = parse(payload.query);
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
          if (error instanceof GraphQLError) return [error];
          throw error;
        }
      },
      execute: (args) => functionsOf.get(Object(args.contextValue))?.execute(args),
      subscribe: (args) => functionsOf.get(Object(args.contextValue))?.subscribe(args),
    },
    sockets,
  );

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    if (pathOf(request) !== graphqlPath) {
      socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) =>
      sockets.emit('connection', webSocket, request),
    );
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

/** A socket may outlive the token that it was opened with. */
function stillValid(viewer: Viewer | undefined): Viewer | UnauthenticatedError | undefined {
  const isExpired = viewer !== undefined && viewer.expiresAt.getTime() <= Date.now();
  return isExpired
    ? new UnauthenticatedError('The access token has expired. Log in and connect again.')
    : viewer;
}

const connectionParamsSchema = z
  .object({
    authorization: z.string().optional(),
    Authorization: z.string().optional(),
  })
  .transform((params) => ({ authorization: params.authorization ?? params.Authorization }));
