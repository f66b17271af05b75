import type { Cache } from '../cache/cache.ts';
import type { CachedAnswer } from './cached-answers.ts';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createMomentWriter } from '../domain/moments.ts';
import type { Services } from '../graphql/context.ts';
import { createServer } from '../node-http.ts';
import type { RateLimits } from '../services/rate-limits.ts';
import type { Sessions } from '../services/sessions.ts';
import type { AssetStore } from '../store/assets.ts';
import { createRequestLog, type Logger } from '../telemetry/logger.ts';
import { serveAsset, assetPrefix } from './assets.ts';
import { ClientLeftError } from './body.ts';
import { createClientReader, type ClientInfo } from './client-info.ts';
import { compress } from './compress.ts';
import { createConnectionCount } from './connection-count.ts';
import { createGraphqlRoute } from './graphql-route.ts';
import { createGraphqlServer, graphqlPath } from './graphql-server.ts';
import { exportPrefix, serveExport } from './exports.ts';
import { pathOf } from './headers.ts';
import { explainListenError } from './listen-error.ts';
import { serveHealth, type HealthChecks, type HealthNotices } from './health.ts';
import type { PersistedDocuments } from './persisted-documents.ts';
import { securityHead, setHead, type Head } from './security-headers.ts';
import type { HttpSettings } from './settings.ts';
import { watchStalledSockets } from './stalled-sockets.ts';
import { attachWebSockets } from './websocket.ts';

export type HttpServer = {
  /** @returns the address it listens on, such as `http://127.0.0.1:4000`. @throws ListenError */
  start(host: string, port: number): Promise<string>;
  /** Refuses new connections, ends subscriptions, and waits for requests in flight at most `graceMs`. */
  stop(graceMs: number): Promise<void>;
};

/** The largest request: a document with its variables; also the largest message on a WebSocket. */
const maxBodyBytes = 1024 * 1024;
/** How long a client may take to send its headers, and its whole request: nobody holds a connection for nothing. */
const patience = { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 1_000 };
const keepAliveTimeoutMs = 10_000;

/**
 * All that is served on one port: GraphQL, pictures, exports, health.
 *
 * @param deps.servesApi false for a process that only makes posts: it says how it is, and nothing else.
 */
export function createHttpServer(deps: {
  services: Services;
  sessions: Sessions;
  limits: RateLimits;
  /** Undefined: no answer is kept. */
  cache: Cache<CachedAnswer> | undefined;
  persisted: PersistedDocuments;
  settings: HttpSettings;
  servesApi: boolean;
  assets: AssetStore;
  health: { checks: HealthChecks; notices: HealthNotices };
  logger: Logger;
}): HttpServer {
  const { services, sessions, limits, settings, logger } = deps;
  const readClient = createClientReader(settings.trustedProxies);
  const connections = createConnectionCount(settings);
  const graphql = createGraphqlServer(services, { ...deps, introspection: settings.introspection });
  const serveGraphql = createGraphqlRoute({ ...deps, graphql, connections, maxBodyBytes });

  let isStopping = false;

  async function route(
    request: IncomingMessage,
    response: ServerResponse,
    client: ClientInfo,
    path: string,
    head: Head,
  ): Promise<void> {
    if (path === graphqlPath && deps.servesApi) return serveGraphql(request, response, client, head);
    setHead(response, head);
    compress(request, response);
    if (path.startsWith('/health/')) {
      await serveHealth(path, response, deps.health, { isStopping, cache: deps.cache?.counts() });
    } else if (!deps.servesApi) {
      response
        .writeHead(404, { 'content-type': 'text/plain' })
        .end(
          'Not found. This process makes posts (ROLE=worker); GraphQL is served by those with ROLE=api or all.\n',
        );
    } else if (path.startsWith(assetPrefix)) {
      await serveAsset(request, response, client, deps);
    } else if (path.startsWith(exportPrefix)) {
      await serveExport(request, response, client, { ...deps.services, limits, connections, sessions });
    } else if (path === '/') {
      response.writeHead(302, { location: graphqlPath }).end();
    } else {
      response
        .writeHead(404, { 'content-type': 'text/plain' })
        .end('Not found. GraphQL is served at /graphql.\n');
    }
  }

  const requestLog = createRequestLog(logger, createMomentWriter());
  const server = createServer(patience, (request, response) => {
    const startedAt = performance.now();
    const client = readClient(request);
    const { requestId } = client;
    const path = pathOf(request);
    response.on('close', () => {
      const ms = Math.round(performance.now() - startedAt);
      requestLog.write({ requestId, method: request.method ?? '', path, status: response.statusCode, ms });
    });
    const isGraphiql = path === graphqlPath && request.headers.accept?.includes('text/html') === true;
    const head = [...securityHead({ isSecure: client.isSecure, isGraphiql }), 'x-request-id', requestId];
    route(request, response, client, path, head).catch((error: unknown) => {
      if (error instanceof ClientLeftError) return;
      logger.error({ err: error, requestId }, 'request failed');
      if (!response.headersSent) response.writeHead(500, head);
      response.end();
    });
  });
  server.keepAliveTimeout = keepAliveTimeoutMs;
  const webSockets = deps.servesApi
    ? attachWebSockets(server, {
        graphql,
        accounts: services.accounts,
        sessions,
        limits,
        persisted: deps.persisted,
        connections,
        readClient,
        allowedOrigins: settings.allowedOrigins,
        maxMessageBytes: maxBodyBytes,
        logger,
      })
    : undefined;
  const stopWatching = watchStalledSockets(server, (socket) => {
    if (webSockets?.closeStalled(socket) !== true) socket.destroy();
  });

  return {
    async start(host, port) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      server.once('error', reject);
      server.listen(port, host, resolve);
      await promise.catch((error: NodeJS.ErrnoException) => {
        throw explainListenError(error, host, port);
      });
      const address = server.address();
      const boundPort = typeof address === 'object' && address !== null ? address.port : port;
      return `http://${host.includes(':') ? `[${host}]` : host}:${boundPort}`;
    },
    async stop(graceMs) {
      isStopping = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // Upgraded sockets are not the server's any more; a peer that is gone would hold them for half a minute.
      const grace = setTimeout(() => {
        webSockets?.terminate();
        server.closeAllConnections();
      }, graceMs);
      stopWatching();
      await webSockets?.close();
      await graphql.dispose();
      server.closeIdleConnections();
      await closed;
      requestLog.flush();
      clearTimeout(grace);
    },
  };
}
