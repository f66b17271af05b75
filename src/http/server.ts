import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Services } from '../graphql/context.ts';
import type { AssetStore } from '../store/assets.ts';
import type { Logger } from '../telemetry/logger.ts';
import { serveAsset, assetPrefix } from './assets.ts';
import { createGraphqlServer, graphqlPath } from './graphql-server.ts';
import { authenticate } from './authenticate.ts';
import { exportPrefix, serveExport } from './exports.ts';
import { bearerToken, originOf, pathOf, requestIdOf } from './headers.ts';
import { serveHealth, type HealthChecks } from './health.ts';
import { attachWebSockets } from './websocket.ts';

export type HttpServer = {
  /** @returns the address it listens on, such as `http://127.0.0.1:4000`. @throws PortInUseError */
  start(host: string, port: number): Promise<string>;
  /** Refuses new connections, ends subscriptions, and waits for requests in flight at most `graceMs`. */
  stop(graceMs: number): Promise<void>;
};

/** Something else listens on the port. */
export class PortInUseError extends Error {
  override readonly name = 'PortInUseError';

  constructor(port: number) {
    super(
      `Port ${port} is in use. Stop what listens there, or set PORT to another one (0 takes any free one).`,
    );
  }
}

/** The largest document with its variables that anybody needs; also the largest message on a WebSocket. */
const maxBodyBytes = 2 * 1024 * 1024;

/** All that is served on one port: GraphQL, pictures, health. */
export function createHttpServer(deps: {
  services: Services;
  assets: AssetStore;
  health: HealthChecks;
  logger: Logger;
}): HttpServer {
  const graphql = createGraphqlServer(deps.services, deps.logger);

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = pathOf(request);
    if (path === graphqlPath) {
      if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) {
        response.writeHead(413, { connection: 'close' }).end();
        return;
      }
      const token = bearerToken(request.headers.authorization);
      await graphql(request, response, {
        requestId: requestIdOf(request),
        origin: originOf(request),
        viewer: () => authenticate(deps.services.accounts, token),
      });
    } else if (path.startsWith(assetPrefix)) {
      await serveAsset(request, response, deps.assets);
    } else if (path.startsWith(exportPrefix)) {
      await serveExport(request, response, deps.services);
    } else if (path.startsWith('/health/')) {
      await serveHealth(path, response, deps.health);
    } else if (path === '/') {
      response.writeHead(302, { location: graphqlPath }).end();
    } else {
      response
        .writeHead(404, { 'content-type': 'text/plain' })
        .end('Not found. GraphQL is served at /graphql.\n');
    }
  }

  const server = createServer((request, response) => {
    const startedAt = performance.now();
    const requestId = requestIdOf(request);
    response.setHeader('x-request-id', requestId);
    response.on('close', () => {
      const fields = {
        requestId,
        method: request.method,
        path: pathOf(request),
        status: response.statusCode,
      };
      deps.logger.info({ ...fields, ms: Math.round(performance.now() - startedAt) }, 'request');
    });
    route(request, response).catch((error: unknown) => {
      deps.logger.error({ err: error, requestId }, 'request failed');
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  const webSockets = attachWebSockets(server, {
    graphql,
    accounts: deps.services.accounts,
    maxMessageBytes: maxBodyBytes,
  });

  return {
    async start(host, port) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      server.once('error', reject);
      server.listen(port, host, resolve);
      await promise.catch((error: NodeJS.ErrnoException) => {
        throw error.code === 'EADDRINUSE' ? new PortInUseError(port) : error;
      });
      const address = server.address();
      const boundPort = typeof address === 'object' && address !== null ? address.port : port;
      return `http://${host.includes(':') ? `[${host}]` : host}:${boundPort}`;
    },
    async stop(graceMs) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // Upgraded sockets are not the server's any more; a peer that is gone would hold them for half a minute.
      const grace = setTimeout(() => {
        webSockets.terminate();
        server.closeAllConnections();
      }, graceMs);
      await webSockets.close();
      await graphql.dispose();
      server.closeIdleConnections();
      await closed;
      clearTimeout(grace);
    },
  };
}
