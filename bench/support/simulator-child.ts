import { subscribe } from 'node:diagnostics_channel';
import { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { createSimulator } from '../../src/simulator/server.ts';
import { childArgument, clockMs, serveParent } from './child.ts';
import type { SimulatorReport } from './simulator.ts';

/** The simulator in a process of its own; notes when each call came and how it was answered. */
const range = z.object({ p05: z.number(), p95: z.number() });
const settings = childArgument(
  z.object({
    seed: z.number(),
    captionLatencyMs: range,
    imageLatencyMs: range,
    fixedLatency: z.boolean(),
    limits: z.object({
      requestsPerMinute: z.number(),
      tokensPerMinute: z.number(),
      imagesPerMinute: z.number(),
      burstSeconds: z.number(),
    }),
  }),
);
const arrivals = new WeakMap<object, number>();
let calls: SimulatorReport['calls'] = [];

const exchange = z.object({ request: z.instanceof(IncomingMessage), response: z.instanceof(ServerResponse) });
subscribe('http.server.request.start', (message) => {
  arrivals.set(exchange.parse(message).request, clockMs());
});
subscribe('http.server.response.finish', (message) => {
  const { request, response } = exchange.parse(message);
  const atMs = arrivals.get(request);
  const endpoint = request.url === '/v1/images/generations' ? 'images' : 'chat';
  if (atMs === undefined || !request.url?.startsWith('/v1/')) return;
  const retryAfterMs = Number(response.getHeader('retry-after-ms') ?? 0);
  calls.push({ atMs, latencyMs: clockMs() - atMs, endpoint, status: response.statusCode, retryAfterMs });
});

const simulator = createSimulator(settings);
const { url } = await simulator.start(0);
serveParent({
  ready: { url },
  report(): SimulatorReport {
    const { control } = simulator;
    const { chat, images } = control.stats();
    const report = {
      calls,
      received: chat.received + images.received,
      rateLimited: chat.rateLimited + images.rateLimited,
      tokens: chat.usage.inputTokens + chat.usage.outputTokens,
    };
    calls = [];
    control.resetStats();
    return report;
  },
  close: () => simulator.stop(),
});
