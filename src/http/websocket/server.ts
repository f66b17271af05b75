import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { networkOf } from '../../domain/addresses.ts';
import { RateLimitedError } from '../../domain/errors/errors.ts';
import type { ErrorCode } from '../../domain/errors/guide.ts';
import type { Accounts } from '../../services/accounts/accounts.ts';
import type { RateLimits } from '../../services/accounts/rate-limits.ts';
import type { Sessions } from '../../services/accounts/sessions.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { RequestRecord } from '../../graphql/execution/request-record.ts';
import type { RequestLog } from '../request-log.ts';
import type { ClientInfo } from '../request/client-info.ts';
import type { ConnectionCount } from '../connection-count.ts';
import type { GraphqlServer } from '../graphql/graphql-server.ts';
import { graphqlPath } from '../graphql/request-context.ts';
import { createGraphqlSockets } from './graphql-socket.ts';
import { pathOf, requestIdOf } from '../request/headers.ts';
import { isAllowedHost } from '../request/allowed-hosts.ts';
import { isAllowedOrigin, originRefusal } from '../request/cors.ts';
import type { PersistedDocuments } from '../graphql/persisted-documents.ts';
import type { HttpSettings } from '../settings.ts';
import { SocketGuard } from './socket-guard.ts';
import type { UnfinishedInput } from '../request/unfinished-input.ts';

/** The most fragments of a message and chunks of a frame, because each takes memory besides its bytes. */
const maxFragments = 256;
const maxChunks = 4_096;
/** How long a peer may take to answer a close. */
const closeMs = 10_000;

/** Close code for a peer that stopped reading. It may reconnect and resume after its cursor. */
const stalledCode = 4410;
const goingAwayCode = 1001;

/**
 * Serves GraphQL over WebSocket (graphql-transport-ws) on the same path as HTTP. The client sends the access token in the
 * connection parameters as `authorization`; an invalid one closes the socket with 4403. A `ping` with a new
 * `authorization` in its payload replaces the token.
 *
 * @returns functions that close sockets.
 */
export function attachWebSockets(
  server: Server,
  deps: {
    graphql: GraphqlServer;
    accounts: Accounts;
    sessions: Sessions;
    limits: RateLimits;
    persisted: PersistedDocuments;
    connections: ConnectionCount;
    unfinished: UnfinishedInput;
    readClient: (request: IncomingMessage, record: RequestRecord) => ClientInfo;
    settings: HttpSettings;
    maxMessageBytes: number;
    logger: Logger;
    requestLog: RequestLog;
  },
): {
  close(): Promise<void>;
  terminate(): void;
  /** Closes a stalled socket. @returns false if the connection is not a WebSocket. */
  closeStalled(connection: Duplex): boolean;
} {
  const webSockets = new WeakMap<Duplex, WebSocket>();
  const serve = createGraphqlSockets(deps);
  const options = {
    noServer: true,
    maxPayload: deps.maxMessageBytes,
    maxFragments,
    maxBufferedChunks: maxChunks,
    closeTimeout: closeMs,
    perMessageDeflate: false,
    handleProtocols: (offered: Set<string>) =>
      offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) ? GRAPHQL_TRANSPORT_WS_PROTOCOL : (false as const),
  };
  const sockets = new WebSocketServer(options);

  async function upgrade(request: IncomingMessage, connection: Duplex, head: Buffer): Promise<void> {
    // The socket must not keep the request, because it lives for hours. The id is copied, because V8 would keep the many
    // parts that a UUID is built from.
    const record = new RequestRecord(Buffer.from(requestIdOf(request)).toString());
    const refuse = (status: string, code?: ErrorCode, reason = '') => {
      if (code !== undefined) record.refuses(code);
      deps.requestLog.refusedUpgrade(request, Number.parseInt(status, 10), record);
      const length = Buffer.byteLength(reason);
      const headers = `connection: close\r\ncontent-type: text/plain\r\ncontent-length: ${length}`;
      connection.end(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${reason}`);
    };
    if (pathOf(request) !== graphqlPath) return refuse('404 Not Found');
    if (!isAllowedHost(request, deps.settings.allowedHosts))
      return refuse('421 Misdirected Request', 'HOST_NOT_ALLOWED');
    if (!isAllowedOrigin(request, deps.settings))
      return refuse('403 Forbidden', 'ORIGIN_NOT_ALLOWED', originRefusal);
    const client = deps.readClient(request, record);
    try {
      await deps.limits.request(client.address);
    } catch (error) {
      if (!(error instanceof RateLimitedError)) throw error;
      return refuse('429 Too Many Requests', 'RATE_LIMITED');
    }
    // `close` may already have been emitted; then nothing would remove the connection from the count.
    const leave = connection.destroyed ? undefined : deps.connections.enter(client.address);
    if (leave === undefined) return refuse('429 Too Many Requests', 'RATE_LIMITED');
    // Also runs if the handshake fails.
    connection.on('close', leave);
    sockets.handleUpgrade(request, connection, head, (socket) => {
      // `ws` handles errors from here on.
      connection.off('error', destroyIt);
      webSockets.set(connection, socket);
      const guard = new SocketGuard(socket, networkOf(client.address), deps);
      connection.prependListener('data', (bytes: Buffer) => guard.count(bytes));
      serve({ socket, guard, client });
    });
  }

  server.on('upgrade', (request: IncomingMessage, connection: Duplex, head: Buffer) => {
    connection.on('error', destroyIt);
    upgrade(request, connection, head).catch(() => connection.destroy());
  });

  return {
    closeStalled(connection) {
      const socket = webSockets.get(connection);
      socket?.close(stalledCode, 'You have stopped to read; come back and resume behind your cursor');
      return socket !== undefined;
    },
    terminate() {
      for (const socket of sockets.clients) socket.terminate();
    },
    async close() {
      for (const socket of sockets.clients) socket.close(goingAwayCode, 'Going away');
      await new Promise<void>((resolve) => sockets.close(() => resolve()));
    },
  };
}

/** @returns whether a request asks for an upgrade to WebSocket. */
export function asksForWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket';
}

function destroyIt(this: Duplex): void {
  this.destroy();
}
