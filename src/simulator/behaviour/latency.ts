import type { Endpoint } from '../endpoints/names.ts';
import type { Latency, LatencyRange } from '../options.ts';
import { createRandom, hash } from '../random.ts';

/** 95th percentile of the standard normal distribution. */
const Z_95 = 1.6449;

/**
 * Draws a latency in unscaled milliseconds: log-normal through the range's 5th and 95th percentile, as the
 * provider's latencies are, and clipped to the range so that a test knows its bounds.
 */
function drawLatency(range: LatencyRange, seed: number): number {
  const random = createRandom(seed);
  const low = Math.log(Math.max(range.p05, 0.001));
  const high = Math.log(Math.max(range.p95, 0.001));
  // Box-Muller; 1 - random() keeps the logarithm away from zero.
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const latency = Math.exp((low + high) / 2 + (normal * (high - low)) / (2 * Z_95));
  return Math.min(range.p95, Math.max(range.p05, latency));
}

/**
 * The latency of one call in unscaled milliseconds. It depends on the prompt and on how often it was sent,
 * not on arrival order, so that a run can be repeated.
 */
export function latencyOf(latency: Latency, endpoint: Endpoint, ...seeds: (string | number)[]): number {
  const ranges = {
    chat: latency.captionLatencyMs,
    images: latency.imageLatencyMs,
    embeddings: latency.embeddingLatencyMs,
  };
  const range = ranges[endpoint];
  if (latency.fixedLatency) return (range.p05 + range.p95) / 2;
  return drawLatency(range, hash('latency', endpoint, ...seeds));
}
