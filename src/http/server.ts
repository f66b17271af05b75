import type { Cache } from '../cache/cache.ts';
import type { CachedAnswer } from './fast-path/cached-answers.ts';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { RetryableError } from '../domain/errors/errors.ts';
import { RequestRecord } from '../graphql/execution/request-record.ts';
import type { Services } from '../graphql/services.ts';
import { createServer } from './node-http.ts';
import type { RateLimits } from '../services/accounts/rate-limits.ts';
import type { Sessions } from '../services/accounts/sessions.ts';
import type { AssetStore } from '../store/assets.ts';
import type { Logger } from '../telemetry/logger.ts';
import { renditionPrefix } from '../domain/images/rendition.ts';
import { serveAsset, assetPrefix } from './files/assets.ts';
import { serveRendition } from './files/renditions.ts';
import type { Renditions } from '../services/renditions/renditions.ts';
import { ClientLeftError } from './request/body.ts';
import { createClientReader, type ClientInfo } from './request/client-info.ts';
import { compress } from './response/compress.ts';
import { createConnectionCount } from './connection-count.ts';
import { createGraphqlRoute } from './graphql/route.ts';
import { createGraphqlServer } from './graphql/graphql-server.ts';
import { graphqlPath } from './graphql/request-context.ts';
import { exportPrefix, serveExport } from './files/exports.ts';
import { pathOf, requestIdOf } from './request/headers.ts';
import { createHealth, type HealthChecks, type HealthNotices } from './health.ts';
import { isAllowedHost } from './request/allowed-hosts.ts';
import { explainListenError } from './listen-error.ts';
import type { PersistedDocuments } from './graphql/persisted-documents.ts';
import { securityHead, setHead, type Head } from './response/security-headers.ts';
import { createRequestLog } from './request-log.ts';
import type { HttpSettings } from './settings.ts';
import { watchStalledSockets } from './stalled-sockets.ts';
import { createUnfinishedInput } from './request/unfinished-input.ts';
import { asksForWebSocket, attachWebSockets } from './websocket/server.ts';

/** The HTTP server of a process. */
export type HttpServer = {
  /** @returns the address it listens on, such as `http://127.0.0.1:4000`. @throws ListenError */
  start(host: string, port: number): Promise<string>;
  /** Refuses new connections, ends subscriptions, and waits at most `graceMs` for running requests. */
  stop(graceMs: number): Promise<void>;
};

/** The largest request body and WebSocket message. */
const maxBodyBytes = 1024 * 1024;
/** Limits of requests and messages that are not complete or not parsed yet. */
const unfinishedLimits = { maxBytes: 32 * 1024 * 1024, maxBytesPerNetwork: 16 * 1024 * 1024 };
/** How long a client may take to send its headers, and its whole request. */
const timeouts = { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 1_000 };
const keepAliveTimeoutMs = 10_000;
const hostWarningMs = 60_000;
const maxLoggedHost = 100;
/** Host settings that listen on every address of the machine. */
const anyAddress = new Set(['0.0.0.0', '::']);

/**
 * Creates the server of one port: GraphQL, images, exports and health.
 *
 * @param deps.servesApi false for a worker process, which only serves health.
 */
export function createHttpServer(deps: {
  services: Services;
  sessions: Sessions;
  limits: RateLimits;
  /** The cache of answers; undefined if it is off. */
  cache: Cache<CachedAnswer> | undefined;
  persisted: PersistedDocuments;
  settings: HttpSettings;
  servesApi: boolean;
  assets: AssetStore;
  renditions: Renditions;
  health: { checks: HealthChecks; notices: HealthNotices };
  logger: Logger;
}): HttpServer {
  const { services, sessions, limits, settings, logger } = deps;
  const readClient = createClientReader(settings.trustedProxies);
  const connections = createConnectionCount(settings);
  const requestLog = createRequestLog(logger);
  const graphql = createGraphqlServer(services, { ...deps, ...settings, subscriptionLog: requestLog });
  const unfinished = createUnfinishedInput(unfinishedLimits);
  const serveGraphql = createGraphqlRoute({ ...deps, graphql, connections, unfinished, maxBodyBytes });
  const serveHealth = createHealth(deps.health);

  let isStopping = false;
  let warnedAt = -Infinity;

  /** Logs a refused host, at most once a minute, because anybody can send any host. */
  function warnOfHost(host: string): void {
    const now = performance.now();
    if (now - warnedAt < hostWarningMs) return;
    warnedAt = now;
    logger.warn(
      { host: host.slice(0, maxLoggedHost) },
      'refused a request for a host that is not in ALLOWED_HOSTS',
    );
  }

  async function route(
    request: IncomingMessage,
    response: ServerResponse,
    client: ClientInfo,
    path: string,
    head: Head,
  ): Promise<void> {
    const isHealth = path.startsWith('/health/');
    if (!isHealth && !isAllowedHost(request, settings.allowedHosts)) {
      warnOfHost(request.headers.host ?? '');
      client.record.refuses('HOST_NOT_ALLOWED');
      return refuseHost(response, head);
    }
    if (path === graphqlPath && deps.servesApi) return serveGraphql(request, response, client, head);
    setHead(response, head);
    compress(request, response);
    if (isHealth) {
      await serveHealth(path, response, { isStopping, cache: deps.cache?.counts() });
    } else if (!deps.servesApi) {
      response
        .writeHead(404, { 'content-type': 'text/plain' })
        .end(
          'Not found. This process generates posts (ROLE=worker). GraphQL is served by processes with ROLE=api or all.\n',
        );
    } else if (path.startsWith(assetPrefix)) {
      await serveAsset(request, response, client, deps);
    } else if (path.startsWith(renditionPrefix)) {
      await serveRendition(request, response, client, {
        ...deps,
        logoSignatures: services.logoSignatures,
      });
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

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = requestIdOf(request);
    const record = new RequestRecord(requestId);
    const path = pathOf(request);
    requestLog.follow(request, response, record);
    let head: Head = ['x-request-id', requestId];
    try {
      const client = readClient(request, record);
      const isGraphiql = path === graphqlPath && request.headers.accept?.includes('text/html') === true;
      head = [...securityHead({ isSecure: client.isSecure, isGraphiql }), ...head];
      await route(request, response, client, path, head);
    } catch (error) {
      if (error instanceof ClientLeftError) return;
      if (error instanceof RetryableError && !response.headersSent) {
        record.refuses(error.code);
        response.writeHead(503, [
          ...head,
          'retry-after',
          String(error.retryAfter),
          'content-type',
          'text/plain',
        ]);
        response.end(`${error.message}\n`);
        return;
      }
      record.refuses('INTERNAL');
      logger.error({ err: error, requestId }, 'request failed');
      if (!response.headersSent) response.writeHead(500, head);
      response.end();
    }
  }

  // An upgrade to an unknown protocol is ignored and HTTP/1.1 continues (RFC 9110, section 7.8).
  const shouldUpgradeCallback = deps.servesApi ? asksForWebSocket : () => false;
  const server = createServer(
    { ...timeouts, shouldUpgradeCallback },
    (request, response) => void answer(request, response),
  );
  server.keepAliveTimeout = keepAliveTimeoutMs;
  const webSockets = deps.servesApi
    ? attachWebSockets(server, {
        graphql,
        accounts: services.accounts,
        sessions,
        limits,
        persisted: deps.persisted,
        connections,
        unfinished,
        readClient,
        settings,
        maxMessageBytes: maxBodyBytes,
        logger,
        requestLog,
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
      if (anyAddress.has(host) && settings.allowedHosts.size === 0) {
        logger.info('clients reach it by IP address or as localhost; for any other name, set ALLOWED_HOSTS');
      }
      const address = server.address();
      const boundPort = typeof address === 'object' && address !== null ? address.port : port;
      return `http://${host.includes(':') ? `[${host}]` : host}:${boundPort}`;
    },
    async stop(graceMs) {
      isStopping = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // The server no longer owns upgraded sockets, and a lost peer would keep them open for half a minute.
      const grace = setTimeout(() => {
        webSockets?.terminate();
        server.closeAllConnections();
      }, graceMs);
      stopWatching();
      unfinished.stop();
      await webSockets?.close();
      await graphql.dispose();
      server.closeIdleConnections();
      await closed;
      clearTimeout(grace);
      requestLog.flush();
    },
  };
}

/** Answers 421 to a request for an unknown host (RFC 9110, section 15.5.20). */
function refuseHost(response: ServerResponse, head: Head): void {
  const message =
    'This server is not known under this host. If it should be, set ALLOWED_HOSTS to the names that it is reached by.';
  response.writeHead(421, [...head, 'content-type', 'application/json']);
  response.end(JSON.stringify({ errors: [{ message, extensions: { code: 'HOST_NOT_ALLOWED' } }] }));
}
