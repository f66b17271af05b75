import type { ResolvedSettings } from './admission.ts';

/** State of one limit. `admission.lua` has the same rules in Lua; a test runs both on the same input. */
export type Bucket = {
  /** Per minute; undefined: unlimited. */
  limit: number | undefined;
  /** Set by slowDown and recover, 0.1 to 1. */
  factor: number;
  /** Theoretical arrival time in ms: when all that is reserved will have drained at the present rate. */
  tatMs: number;
  /** The same at the last reservation, before any later cut of the limit. */
  reservedTatMs: number;
  /** Units that are given back never move the theoretical arrival time before this. See `drain`. */
  drainedTatMs: number;
  slowedAtMs: number;
  /** When the factor last changed. */
  steppedAtMs: number;
};

export type Pace = Pick<ResolvedSettings, 'burstSeconds' | 'utilisation'>;

const decrease = { times: 0.7, floor: 0.1 };
const increase = { plus: 0.02 };
const stepMs = 1_000;

/** @returns an empty bucket with this limit per minute; undefined: unlimited. */
export const freshBucket = (limit: number | undefined): Bucket => ({
  limit,
  factor: 1,
  tatMs: 0,
  reservedTatMs: 0,
  drainedTatMs: 0,
  slowedAtMs: Number.NEGATIVE_INFINITY,
  steppedAtMs: Number.NEGATIVE_INFINITY,
});

/** @returns units per minute; undefined: unlimited. */
export function rateOf(bucket: Bucket, { utilisation }: Pace): number | undefined {
  return bucket.limit === undefined ? undefined : bucket.limit * bucket.factor * utilisation;
}

const intervalMs = (rate: number) => 60_000 / rate;

const burstOf = (rate: number, { burstSeconds }: Pace) => Math.max(1, (rate / 60) * burstSeconds);

/**
 * The generic cell rate algorithm (ITU-T I.371, annex A; with costs as in Brandur Leach's write-up of
 * redis-cell): with T ms a unit and a burst of B units, a cost c that finds the theoretical arrival time TAT
 * may go at TAT + c·T − B·T, and leaves TAT = max(that time, TAT) + c·T. A cost above the burst could never go, so it
 * counts as the burst: it goes when the bucket is empty and leaves it in debt.
 *
 * So for the calls of any window of W ms: sum of costs ≤ W / T + max(B, greatest cost).
 *
 * @returns the earliest time (ms) at which `cost` may go; in the past if it could have gone earlier.
 */
export function releaseTimeMs(bucket: Bucket, cost: number, pace: Pace): number {
  const rate = rateOf(bucket, pace);
  if (rate === undefined) return Number.NEGATIVE_INFINITY;
  return bucket.tatMs - Math.max(0, burstOf(rate, pace) - cost) * intervalMs(rate);
}

/** Takes `cost` at `atMs`, the job's start. Another bucket may have put it later than this one needs. */
export function reserve(bucket: Bucket, cost: number, atMs: number, pace: Pace): void {
  const rate = rateOf(bucket, pace);
  if (rate === undefined) return;
  bucket.tatMs = Math.max(atMs, bucket.tatMs) + cost * intervalMs(rate);
  bucket.reservedTatMs = bucket.tatMs;
}

/** Returns `unused` units. A negative number is charged from now on. */
export function settle(bucket: Bucket, unused: number, nowMs: number, pace: Pace): void {
  const rate = rateOf(bucket, pace);
  if (rate === undefined) return;
  const shift = unused * intervalMs(rate);
  // A charge to an idle bucket must not vanish in the past.
  const from = unused < 0 ? Math.max(nowMs, bucket.tatMs) : bucket.tatMs;
  const settled = Math.max(from - shift, Math.min(bucket.tatMs, bucket.drainedTatMs));
  bucket.reservedTatMs += settled - bucket.tatMs;
  bucket.tatMs = settled;
}

/**
 * Admits nothing for `ms`, and then no burst: a refusal says that the provider's own bucket is empty, with room for one
 * unit after `ms`. One unit of slack keeps the calls that follow from arriving early because of network jitter.
 */
export function drain(bucket: Bucket, ms: number, nowMs: number, pace: Pace): void {
  const rate = rateOf(bucket, pace);
  if (rate === undefined) return;
  bucket.drainedTatMs = nowMs + ms + burstOf(rate, pace) * intervalMs(rate);
  bucket.tatMs = Math.max(bucket.tatMs, bucket.drainedTatMs);
}

/**
 * Changes limit or factor. What is reserved and not yet drained is kept in units, so a cut to a fifth makes it last five
 * times as long. A raise never moves the next call before reserved ones: they keep the spacing of the slower rate.
 */
export function changeRate(
  bucket: Bucket,
  change: Partial<Pick<Bucket, 'limit' | 'factor'>>,
  nowMs: number,
  pace: Pace,
): void {
  const before = rateOf(bucket, pace);
  Object.assign(bucket, change);
  const after = rateOf(bucket, pace);
  if (before === undefined || after === undefined || bucket.tatMs <= nowMs) return;
  const scaled = nowMs + ((bucket.tatMs - nowMs) * before) / after;
  bucket.tatMs = Math.max(bucket.reservedTatMs, scaled);
}

/** Slows the bucket to 0.7 of its rate, at most once a second, never below 0.1 of its limit. */
export function slowDown(bucket: Bucket, nowMs: number, pace: Pace): void {
  if (nowMs - bucket.slowedAtMs < stepMs) return;
  changeRate(bucket, { factor: Math.max(decrease.floor, bucket.factor * decrease.times) }, nowMs, pace);
  bucket.slowedAtMs = nowMs;
  bucket.steppedAtMs = nowMs;
}

/** Returns 0.02 of the limit to a slowed bucket, at most once a second. */
export function recover(bucket: Bucket, nowMs: number, pace: Pace): void {
  if (bucket.factor >= 1 || nowMs - bucket.steppedAtMs < stepMs) return;
  changeRate(bucket, { factor: Math.min(1, bucket.factor + increase.plus) }, nowMs, pace);
  bucket.steppedAtMs = nowMs;
}
