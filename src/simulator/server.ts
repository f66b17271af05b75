import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { serveCall } from './endpoints/call.ts';
import type { CallContext } from './endpoints/call.ts';
import { createControl, serveControl } from './control.ts';
import type { Control } from './control.ts';
import { prepareChat } from './endpoints/chat.ts';
import { prepareEmbeddings } from './endpoints/embeddings.ts';
import { prepareImages } from './endpoints/images.ts';
import { ApiError, serverError, unauthorized, unknownPath } from './behaviour/errors.ts';
import { createFaultBook } from './behaviour/faults.ts';
import { createFlawBook } from './behaviour/flaws.ts';
import { createLimiter } from './behaviour/limits.ts';
import { DIALECTS, type Dialect } from './dialects.ts';
import { findModel, listModels } from './models.ts';
import { initialFaultRules, resolveOptions } from './options.ts';
import type { SimulatorSettings } from './options.ts';
import { sendError, sendJson } from './endpoints/reply.ts';
import { createStatsBook } from './stats.ts';

export type { Control } from './control.ts';
export type { SimulatorSettings } from './options.ts';

/** Longer than any client keeps an idle connection, so that no request hits a closing socket. */
const KEEP_ALIVE_MS = 120_000;

export type Simulator = {
  /**
   * Listens; port 0 takes a free one. `url` is the base address for an OpenAI client and ends with `/v1`.
   * Rejects with the system's error when the port is in use.
   */
  readonly start: (port?: number, host?: string) => Promise<{ readonly url: string; readonly port: number }>;
  /** Destroys every connection, hanging calls included, and stops listening. */
  readonly stop: () => Promise<void>;
  readonly control: Control;
};

/**
 * An OpenAI-compatible server for chat completions, images and embeddings, with latencies, rate limits and faults.
 * Everything that it makes says that it is simulated. Listens on loopback by default.
 * Throws ZodError naming each invalid setting.
 */
export function createSimulator(settings: SimulatorSettings = {}): Simulator {
  const options = resolveOptions(settings);
  const { seed, timeScale, apiKeys, captionLatencyMs, imageLatencyMs, embeddingLatencyMs, fixedLatency } =
    options;
  const limiter = createLimiter(options.limits, timeScale, () => performance.now());
  const faults = createFaultBook(seed, initialFaultRules(options.faults));
  const flaws = createFlawBook();
  const stats = createStatsBook();
  const latency = { captionLatencyMs, imageLatencyMs, embeddingLatencyMs, fixedLatency };
  const control = createControl({ faults, flaws, stats, limiter }, latency);
  const dialect = DIALECTS[options.dialect];
  const authorize = createAuthorizer(dialect, apiKeys);
  const context: CallContext = {
    seed,
    dialect,
    timeScale,
    latency: control.latency,
    limiter,
    faults,
    flaws,
    stats,
    authorize,
  };
  const open = new Set<ServerResponse>();
  let server: Server | undefined;

  return {
    control,
    async start(port = 0, host = '127.0.0.1') {
      const starting = createServer((request, response) => {
        open.add(response);
        response.once('close', () => open.delete(response));
        void serve(context, control, request, response);
      });
      starting.keepAliveTimeout = KEEP_ALIVE_MS;
      starting.listen(port, host);
      // Rejects when the server emits an error first.
      await once(starting, 'listening');
      server = starting;
      const address = starting.address();
      const bound = typeof address === 'object' && address ? address.port : port;
      return { url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}/v1`, port: bound };
    },
    async stop() {
      const stopping = server;
      server = undefined;
      if (!stopping) return;
      const closed = once(stopping, 'close');
      stopping.close();
      // Destroying the sockets ends the calls: each hears its response close and clears its timers.
      stopping.closeAllConnections();
      await closed;
      // The server closes before its responses notice. After this the statistics are final.
      await Promise.all(Array.from(open, (response) => once(response, 'close')));
    },
  };
}

async function serve(
  context: CallContext,
  control: Control,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader(context.dialect.requestIdHeader, `req_${randomUUID().replaceAll('-', '')}`);
  response.setHeader('openai-version', '2020-10-01');
  response.setHeader('openai-organization', 'org-simulated');
  response.setHeader('openai-processing-ms', '1');
  try {
    await route(context, control, request, response);
  } catch (error) {
    // A client that has left needs no answer, and a body that has begun cannot turn into an error.
    if (response.destroyed || response.headersSent) return void response.destroy();
    if (error instanceof ApiError) return sendError(response, context.dialect, error);
    process.stderr.write(`simulator: ${error instanceof Error ? error.stack : String(error)}\n`);
    sendError(response, context.dialect, serverError());
  }
}

async function route(
  context: CallContext,
  control: Control,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const method = request.method ?? '';
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  if (path.startsWith('/control/')) return serveControl(control, path, request, response);
  switch (`${method} ${path}`) {
    case 'POST /v1/chat/completions':
      return serveCall(context, 'chat', prepareChat, request, response);
    case 'POST /v1/images/generations':
      return serveCall(context, 'images', prepareImages, request, response);
    case 'POST /v1/embeddings':
      return serveCall(context, 'embeddings', prepareEmbeddings, request, response);
  }
  context.authorize(request);
  if (method === 'GET' && path === '/v1/models') return sendJson(response, 200, listModels(context.dialect));
  const model = method === 'GET' ? /^\/v1\/models\/([^/]+)$/.exec(path)?.[1] : undefined;
  if (model === undefined) throw unknownPath(method, path);
  sendJson(response, 200, findModel(context.dialect, decode(model)));
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function createAuthorizer(
  { needsKey }: Dialect,
  apiKeys: readonly string[] | undefined,
): (request: IncomingMessage) => void {
  return (request) => {
    if (!needsKey) return;
    const key = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (key === undefined) throw unauthorized('You didn’t provide an API key (simulated).');
    if (apiKeys && !apiKeys.includes(key)) throw unauthorized();
  };
}
