import { z } from 'zod';

/** What one job costs, by bucket, such as `gpt-image-2:images`, `gpt-5.4-mini:requests`, `gpt-5.4-mini:tokens`. */
export type Demand = Readonly<Record<string, number>>;

/** The right to run one job. Its first call may go out after `waitMs` (whole ms). */
export type Permit = { id: string; waitMs: number };

/** A permit, and what it was given for. */
export type HeldPermit = Permit & { demand: Demand };

/** `reason` is `slots`, `paused` or a bucket's name; undefined if all wanted permits were given. */
export type Acquired = { permits: Permit[]; retryInMs: number; reason: string | undefined };

/** The state of admission, for metrics and tests. */
export type AdmissionState = {
  slotsInUse: number;
  /** Units per minute that are admitted now: the set or learned limit, slowed down, times `utilisation`. */
  limitsPerMinute: Record<string, number>;
  pausedForMs: number;
  /** True while Redis does not answer and this instance uses its own share of the limits. */
  alone: boolean;
};

/** The most permits of one call: the script blocks Redis while it runs. */
export const maxPermitsAtOnce = 200;

/** The delay before the next try when all slots are taken, because nobody knows when one is freed. */
export const slotRetryMs = 250;

/** The answer if no permit was wanted. */
export const nothing = (): Acquired => ({ permits: [], retryInMs: 0, reason: undefined });

/** The settings of admission. */
export const admissionSettingsSchema = z.strictObject({
  /** Jobs in flight, over all instances. */
  maxSlots: z.int().positive(),
  /** By bucket. A bucket that is not listed is unlimited until a limit is learned. */
  limitsPerMinute: z.record(z.string(), z.number().positive()),
  /** Burst: this many seconds' worth of a limit may go at once, at least one unit. Keep it below the provider's. */
  burstSeconds: z.number().nonnegative().default(1),
  /** Permits may be reserved at most this far ahead. */
  horizonMs: z.number().nonnegative().default(2_000),
  /** The same for further calls of jobs that run. */
  inHandHorizonMs: z.number().nonnegative().default(2_000),
  /** A crashed holder's slots are freed after this time. */
  slotTtlMs: z.number().positive().default(15_000),
  /** The longest pause. A longer one would be a fault of the provider, not a limit. */
  maxPauseMs: z.number().positive().default(120_000),
  /**
   * The share of each limit that is used. Below 1 it leaves room for network jitter: calls that leave evenly spaced
   * do not arrive so, and a provider without burst refuses one that comes early.
   */
  utilisation: z.number().positive().max(1).default(1),
  /** The share of limits and slots that one instance uses while Redis does not answer. */
  shareWhenAlone: z.number().positive().max(1).default(0.5),
  /** Prefix of every key in Redis. Its braces keep all keys on one node of a cluster. */
  prefix: z
    .string()
    .regex(/\{[^{}]+\}/, 'needs a {hash tag}')
    .default('{pressrun:admission}'),
});

export type AdmissionSettings = z.input<typeof admissionSettingsSchema>;
export type ResolvedSettings = z.output<typeof admissionSettingsSchema>;

/**
 * Decides when a job may call the provider. Reserves slots and paced limits together, all or nothing, over all instances.
 * Costs and limits are in the bucket's own unit (requests, tokens, images).
 * Throws RangeError for costs that are negative or not finite.
 */
export type Admission = {
  /**
   * Reserves up to `wanted` permits (at most 200) for jobs of this demand. Gives fewer, or none, if limits, slots or a
   * pause do not allow more; then `retryInMs` (1 to 1000) says when to ask again. Otherwise it is 0.
   *
   * @param options.isInHand for further calls of jobs that run: their permits take no slot and are not released. Were there
   * slots for them, running jobs would wait for each other.
   */
  acquire(wanted: number, demand: Demand, options?: { isInHand: boolean }): Promise<Acquired>;
  /**
   * Frees the permits' slots. Ignores permits that were released before or whose slot has expired.
   *
   * @param unused reserved minus used, for each permit. A negative number is charged.
   */
  release(permitIds: readonly string[], unused?: Demand): Promise<void>;
  /**
   * Extends the permits of running jobs. Takes lost slots again (expired, or Redis was flushed), because the jobs are
   * in flight all the same. Must not be called for a released permit.
   */
  renew(permitIds: readonly string[]): Promise<void>;
  /**
   * Replaces the limit in all instances by the one in the provider's headers. What is already reserved counts at the new
   * limit. Ignores limits that are not positive.
   */
  learnLimit(bucket: string, limitPerMinute: number): Promise<void>;
  /**
   * Gives no permits for `ms`, at most `maxPauseMs`. Of two pauses the later end counts. Permits that were given
   * before keep their times, at most `horizonMs` ahead, those in hand `inHandHorizonMs`.
   */
  pause(ms: number): Promise<void>;
  /** After a 429: admits nothing of the bucket for `ms` (at most `maxPauseMs`), and then evenly, without a burst. */
  drain(bucket: string, ms: number): Promise<void>;
  /** After an unexplained 429: slows the bucket to 0.7 of its rate, at most once a second, never below 0.1 of its limit. */
  slowDown(bucket: string): Promise<void>;
  /** After a success: gives 0.02 of the limit back, at most once a second. */
  recover(bucket: string): Promise<void>;
  state(): Promise<AdmissionState>;
  close(): Promise<void>;
};

/** @returns the entries of a demand (or of `unused`) that are not 0. @throws RangeError for an invalid amount. */
export function costsOf(demand: Demand, { signed = false } = {}): [bucket: string, amount: number][] {
  const costs = Object.entries(demand).filter(([, amount]) => amount !== 0);
  for (const [bucket, amount] of costs) {
    if (!Number.isFinite(amount) || (amount < 0 && !signed))
      throw new RangeError(`${bucket}: ${amount} is no cost`);
  }
  return costs;
}
