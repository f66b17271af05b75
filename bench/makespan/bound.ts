import type { SimulatorReport } from '../support/simulator.ts';

type Limit = { imagesPerMinute: number; tokensPerMinute: number; slots: number };

/**
 * The time (ms) before which no scheduler that keeps the limits could have ended the batch: the latest of the
 * paced release of each post plus its latency, total latency ÷ slots, images ÷ images a minute, and tokens ÷
 * tokens a minute. A post takes a slot for as long as its slower call. Latencies are the provider's own.
 *
 * Pressrun lets a second's worth of a limit go at once (admission's `burstSeconds`). On a fast clock that is a
 * good part of a batch, so the bound may do the same; without it, ratios come out below 1.
 *
 * @param limit in real minutes.
 * @param cut the limit from `atMs` (behind the batch's start) on.
 */
export function lowerBoundMs(
  report: SimulatorReport,
  limit: Limit,
  cut: { atMs: number; imagesPerMinute: number } = { atMs: Number.POSITIVE_INFINITY, imagesPerMinute: 1 },
): number {
  const burst = Math.max(1, limit.imagesPerMinute / 60);
  const beforeCut = (cut.atMs / 60_000) * limit.imagesPerMinute;
  /** When the limit has let so many images go. */
  const releaseMs = (images: number) => {
    const paced = Math.max(0, images - burst);
    return paced <= beforeCut
      ? (paced / limit.imagesPerMinute) * 60_000
      : cut.atMs + ((paced - beforeCut) / cut.imagesPerMinute) * 60_000;
  };
  const latencies = latenciesOf(report);
  const total = latencies.reduce((sum, latencyMs) => sum + latencyMs, 0);
  return Math.max(
    // The first of the paced ones goes when one more has flowed off: `index + 1`.
    ...latencies.map((latencyMs, index) => releaseMs(index + 1) + latencyMs),
    total / limit.slots,
    (report.tokens / limit.tokensPerMinute) * 60_000,
  );
}

/**
 * The time (ms) that a scheduler without any delay of its own takes, which does not know a latency before it has
 * passed: each post in turn starts when the limit lets it go and a slot is free. Where latencies differ and slots
 * are few, the last ones end unevenly, and nobody gets down to total latency ÷ slots.
 */
export function idealMs(report: SimulatorReport, limit: Limit): number {
  const burst = Math.max(1, limit.imagesPerMinute / 60);
  const freeAtMs = Array.from({ length: limit.slots }, () => 0);
  for (const [index, latencyMs] of latenciesOf(report).entries()) {
    const paced = Math.max(0, index + 1 - burst);
    const releaseMs = (paced / limit.imagesPerMinute) * 60_000;
    const slot = freeAtMs.indexOf(Math.min(...freeAtMs));
    freeAtMs[slot] = Math.max(releaseMs, freeAtMs[slot] ?? 0) + latencyMs;
  }
  return Math.max(...freeAtMs);
}

/** Of each post, ms, in the order in which they came: the slower of its two calls. */
function latenciesOf({ calls }: SimulatorReport): number[] {
  const [images, captions] = (['images', 'chat'] as const).map((wanted) =>
    calls
      .filter(({ endpoint, status }) => endpoint === wanted && status === 200)
      .toSorted((a, b) => a.atMs - b.atMs),
  );
  return (images ?? []).map(({ latencyMs }, index) => Math.max(latencyMs, captions?.[index]?.latencyMs ?? 0));
}

/**
 * How many calls more than the limit lets through had come at the worst moment: the peak of a bucket that
 * leaks at the limit.
 */
export function peakAboveLimit(timesMs: readonly number[], perMinute: number): number {
  let level = 0;
  let peak = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const atMs of timesMs.toSorted((a, b) => a - b)) {
    level = Math.max(0, level - ((atMs - lastMs) / 60_000) * perMinute) + 1;
    peak = Math.max(peak, level);
    lastMs = atMs;
  }
  return peak;
}
