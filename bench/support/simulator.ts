import { z } from 'zod';
import { startChild } from './child.ts';

const report = z.object({
  /** All since the last report, in the order of their answers; times on the machine's monotonic clock. */
  calls: z.array(
    z.object({
      atMs: z.number(),
      /** From the request's head to the last byte of the answer, the drawing of the picture included. */
      latencyMs: z.number(),
      endpoint: z.enum(['chat', 'images']),
      status: z.number(),
      retryAfterMs: z.number(),
    }),
  ),
  received: z.number(),
  rateLimited: z.number(),
  /** Of captions, in and out. */
  tokens: z.number(),
});

export type SimulatorReport = z.output<typeof report>;

/** What the provider of a benchmark allows, in its own minutes. */
const simulatedLimits = { requestsPerMinute: 5_000, tokensPerMinute: 2_000_000 };

/** As the simulator does by itself: what may come at once, in seconds of its own minute. */
const burstSeconds = 10;

/** Pressrun spends up to a second of a limit at once: on a fast clock that is a larger share of the minute. */
const leastBurstSeconds = 2;

/**
 * Starts the simulator in another process with a clock that is `1 / timeScale` times faster than life.
 * Latencies and limits are scaled here, and the simulator's own scale stays 1: so a limit in its headers is
 * per real minute, which is how Pressrun has to read it.
 */
export async function startSimulator(world: {
  imagesPerMinute: number;
  timeScale: number;
  fixedLatency: boolean;
}) {
  const { timeScale, fixedLatency } = world;
  const limits = {
    requestsPerMinute: Math.round(simulatedLimits.requestsPerMinute / timeScale),
    tokensPerMinute: Math.round(simulatedLimits.tokensPerMinute / timeScale),
    imagesPerMinute: Math.round(world.imagesPerMinute / timeScale),
  };
  const child = await startChild(
    new URL('simulator-child.ts', import.meta.url),
    {
      seed: 1,
      captionLatencyMs: { p05: 2_000 * timeScale, p95: 6_000 * timeScale },
      imageLatencyMs: { p05: 5_000 * timeScale, p95: 15_000 * timeScale },
      fixedLatency,
      limits: { ...limits, burstSeconds: Math.max(burstSeconds * timeScale, leastBurstSeconds) },
    },
    { ready: z.object({ url: z.string() }), report },
  );
  const { url } = child.ready;
  return {
    /** What Pressrun has to be told of it. */
    settings: {
      OPENAI_API_KEY: 'simulated',
      OPENAI_BASE_URL: url,
      REQUESTS_PER_MINUTE: String(limits.requestsPerMinute),
      TOKENS_PER_MINUTE: String(limits.tokensPerMinute),
      IMAGES_PER_MINUTE: String(limits.imagesPerMinute),
    },
    /** Real minutes. */
    limits,
    /** @param imagesPerMinute real minutes. */
    async setImagesPerMinute(imagesPerMinute: number): Promise<void> {
      const answer = await fetch(url.replace('/v1', '/control/limits'), {
        method: 'PUT',
        body: JSON.stringify({ imagesPerMinute }),
      });
      if (!answer.ok) throw new Error(`the simulator answered ${answer.status}`);
    },
    report: () => child.report(),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}
