import type { ResolvedSettings } from './admission.ts';

/** One limit as it stands. `admission.lua` holds the same rules in Lua; a test runs both on the same script. */
export type Bucket = {
  /** Per minute; undefined: unlimited. */
  limit: number | undefined;
  /** What slowDown and recover have made of it, 0.1 to 1. */
  factor: number;
  /** Theoretical arrival time, ms: when all that is reserved will have flowed off at the present rate. */
  tatMs: number;
  /** The same, as it was when last reserved: no cut of the limit has moved it. */
  reservedTatMs: number;
  /** What is given back does not bring the theoretical arrival time before this: see `drain`. */
  drainedTatMs: number;
  slowedAtMs: number;
  /** When the factor last changed, either way. */
  steppedAtMs: number;
};

export type Pace = Pick<ResolvedSettings, 'burstSeconds' | 'utilisation'>;

const decrease = { times: 0.7, floor: 0.1 };
const increase = { plus: 0.02 };
const stepMs = 1_000;

export const freshBucket = (limit: number | undefined): Bucket => ({
  limit,
  factor: 1,
  tatMs: 0,
  reservedTatMs: 0,
  drainedTatMs: 0,
  slowedAtMs: Number.NEGATIVE_INFINITY,
  steppedAtMs: Number.NEGATIVE_INFINITY,
});

/** Units a minute; undefined: unlimited. */
export function rateOf(bucket: Bucket, { utilisation }: Pace): number | undefined {
  return bucket.limit === undefined ? undefined : bucket.limit * bucket.factor * utilisation;
}

const intervalMs = (rate: number) => 60_000 / rate;

const burstOf = (rate: number, { burstSeconds }: Pace) => Math.max(1, (rate / 60) * burstSeconds);

/**
 * The generic cell rate algorithm (ITU-T I.371, annex A; with costs as in Brandur Leach's write-up of
 * redis-cell): with T ms a unit and a burst of B units, a cost c that finds the theoretical arrival time TAT
 * may go at TAT + c·T − B·T, and leaves TAT = max(that time, TAT) + c·T. A cost above the burst counts as
 * the burst here: it goes when the bucket is empty and leaves it in debt, else it never could.
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

/** Takes `cost` at `atMs`: the job's start, which another bucket may have put later than this one needs. */
export function reserve(bucket: Bucket, cost: number, atMs: number, pace: Pace): void {
  const rate = rateOf(bucket, pace);
  if (rate === undefined) return;
  bucket.tatMs = Math.max(atMs, bucket.tatMs) + cost * intervalMs(rate);
  bucket.reservedTatMs = bucket.tatMs;
}

/** Gives `unused` units back; a negative figure is charged from now on. */
export function settle(bucket: Bucket, unused: number, nowMs: number, pace: Pace): void {
  const rate = rateOf(bucket, pace);
  if (rate === undefined) return;
  const shift = unused * intervalMs(rate);
  // What is charged to an idle bucket must not vanish in its past.
  const from = unused < 0 ? Math.max(nowMs, bucket.tatMs) : bucket.tatMs;
  const settled = Math.max(from - shift, Math.min(bucket.tatMs, bucket.drainedTatMs));
  bucket.reservedTatMs += settled - bucket.tatMs;
  bucket.tatMs = settled;
}

/**
 * Nothing of this bucket goes for `ms`, and then no burst: a provider that refused a call has told that its
 * own bucket is empty, and lets one unit in by then. One unit more of slack keeps the calls that follow, which
 * are spaced by the limit itself, from coming early by the network's jitter.
 */
export function drain(bucket: Bucket, ms: number, nowMs: number, pace: Pace): void {
  const rate = rateOf(bucket, pace);
  if (rate === undefined) return;
  bucket.drainedTatMs = nowMs + ms + burstOf(rate, pace) * intervalMs(rate);
  bucket.tatMs = Math.max(bucket.tatMs, bucket.drainedTatMs);
}

/**
 * Changes limit or factor. What is reserved and still to flow off is kept in units, so a cut to a fifth makes
 * it last five times as long. A raise never brings the next call before those that are reserved: they keep
 * the spacing of the slower rate.
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

export function slowDown(bucket: Bucket, nowMs: number, pace: Pace): void {
  if (nowMs - bucket.slowedAtMs < stepMs) return;
  changeRate(bucket, { factor: Math.max(decrease.floor, bucket.factor * decrease.times) }, nowMs, pace);
  bucket.slowedAtMs = nowMs;
  bucket.steppedAtMs = nowMs;
}

export function recover(bucket: Bucket, nowMs: number, pace: Pace): void {
  if (bucket.factor >= 1 || nowMs - bucket.steppedAtMs < stepMs) return;
  changeRate(bucket, { factor: Math.min(1, bucket.factor + increase.plus) }, nowMs, pace);
  bucket.steppedAtMs = nowMs;
}
