import { subscribe } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { createSimulator } from '../../../src/simulator/server.ts';

/** Far above what the machine can do: the limits are not what is tried here. */
export const amplePerMinute = { requests: 1_000_000, tokens: 1_000_000_000, images: 1_000_000 };

type Moments = { received: [apiKey: string]; answered: [apiKey: string] };

const exchangeSchema = z.object({
  request: z.custom<IncomingMessage>((value) => typeof value === 'object' && value !== null),
});

/**
 * The simulator in this process, quick but not instant. `moments` tells of every paid request when it arrives and
 * when its answer has been written, by the API key that it came with: each worker has its own.
 */
export async function startProvider(seed: number) {
  const simulator = createSimulator({
    seed,
    captionLatencyMs: { p05: 100, p95: 300 },
    imageLatencyMs: { p05: 200, p95: 600 },
    limits: {
      requestsPerMinute: amplePerMinute.requests,
      tokensPerMinute: amplePerMinute.tokens,
      imagesPerMinute: amplePerMinute.images,
    },
  });
  const { url } = await simulator.start(0);
  const moments = new EventEmitter<Moments>();
  const tell = (moment: keyof Moments) => (message: unknown) => {
    const { request } = exchangeSchema.parse(message);
    const key = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (key !== undefined) moments.emit(moment, key);
  };
  subscribe('http.server.request.start', tell('received'));
  subscribe('http.server.response.finish', tell('answered'));
  return {
    url,
    moments,
    control: simulator.control,
    [Symbol.asyncDispose]: () => simulator.stop(),
  };
}
