import { z } from 'zod';

/** What one job costs, by bucket, such as `gpt-image-2:images`, `gpt-5.4-mini:requests`, `gpt-5.4-mini:tokens`. */
export type Demand = Readonly<Record<string, number>>;

/** The right to one job. `waitMs` (whole ms) has to pass before its first call is sent. */
export type Permit = { id: string; waitMs: number };

/** `reason` is `slots`, `paused` or a bucket's name; undefined when every permit that was wanted is there. */
export type Acquired = { permits: Permit[]; retryInMs: number; reason: string | undefined };

export type AdmissionState = {
  slotsInUse: number;
  /** What is admitted a minute as it stands: setting or learned, slowed down, times `utilisation`. */
  limitsPerMinute: Record<string, number>;
  pausedForMs: number;
  /** True while Redis does not answer and this instance goes by its own share of the limits. */
  alone: boolean;
};

/** More than this many permits are not given in one call: the call holds Redis while it works. */
export const maxPermitsAtOnce = 200;

/** A slot is freed by another holder at a time that nobody knows: ask again this soon. */
export const slotRetryMs = 250;

/** What nobody wanted nothing stands in the way of. */
export const nothing = (): Acquired => ({ permits: [], retryInMs: 0, reason: undefined });

export const admissionSettingsSchema = z.strictObject({
  /** Jobs in flight, over all instances. */
  maxSlots: z.int().positive(),
  /** By bucket. A bucket that is not listed is unlimited until a limit is learned. */
  limitsPerMinute: z.record(z.string(), z.number().positive()),
  /** How much of a limit may go at once, in seconds' worth; at least one unit. Stay below the provider's own. */
  burstSeconds: z.number().nonnegative().default(1),
  /** How far ahead a permit may be reserved. */
  horizonMs: z.number().nonnegative().default(2_000),
  /** A crashed holder's slots come back after this. */
  slotTtlMs: z.number().positive().default(15_000),
  /** No pause is longer: it would be a fault of the provider, not a limit. */
  maxPauseMs: z.number().positive().default(120_000),
  /**
   * The share of each limit that is used. Below 1 it leaves room for the network's jitter: calls that leave
   * evenly spaced do not arrive so, and a provider without burst refuses the one that comes early.
   */
  utilisation: z.number().positive().max(1).default(1),
  /** What one instance takes of the limits and slots while Redis does not answer. */
  shareWhenAlone: z.number().positive().max(1).default(0.5),
  /** Before every key in Redis. The braces keep all keys on one node of a cluster. */
  prefix: z
    .string()
    .regex(/\{[^{}]+\}/, 'needs a {hash tag}')
    .default('{pressrun:admission}'),
});

export type AdmissionSettings = z.input<typeof admissionSettingsSchema>;
export type ResolvedSettings = z.output<typeof admissionSettingsSchema>;

/**
 * Decides when a job may call the provider: slots and paced limits together, all or nothing, over all
 * instances. Costs and limits are in the bucket's own unit (requests, tokens, images).
 * Costs that are negative or not finite throw a RangeError.
 */
export type Admission = {
  /**
   * Reserves up to `wanted` permits (200 at most) for jobs of this demand. Fewer, or none, where limits, slots
   * or a pause stand in the way; then `retryInMs` (1 to 1000) says when to ask again, else it is 0.
   */
  acquire(wanted: number, demand: Demand): Promise<Acquired>;
  /**
   * Frees the permits' slots. Only the first call for a permit does anything; nor is anything settled for a
   * permit whose slot has run out.
   *
   * @param unused what was reserved for each of them less what was used; a negative figure is charged.
   */
  release(permitIds: readonly string[], unused?: Demand): Promise<void>;
  /**
   * Says that the holders are alive. Slots that were lost (run out, Redis flushed) are taken again: the jobs
   * are in flight all the same. Never name a permit that is released.
   */
  renew(permitIds: readonly string[]): Promise<void>;
  /**
   * Replaces the limit from now on, in all instances, by what the provider's headers say. What is reserved
   * already counts at the new limit. A figure that is not positive is ignored.
   */
  learnLimit(bucket: string, limitPerMinute: number): Promise<void>;
  /**
   * Nobody gets a permit before `ms` have passed, bounded by `maxPauseMs`; the later of two pauses holds.
   * Permits that are out keep their times, at most `horizonMs` ahead.
   */
  pause(ms: number): Promise<void>;
  /** After a 429: nothing of the bucket goes for `ms` (bounded by `maxPauseMs`), and then evenly, without a burst. */
  drain(bucket: string, ms: number): Promise<void>;
  /** After a 429 that nothing explains: the bucket goes at 0.7 of its rate, at most one step a second, never below 0.1 of its limit. */
  slowDown(bucket: string): Promise<void>;
  /** After a success: 0.02 of the limit comes back, a second after the last step at the earliest. */
  recover(bucket: string): Promise<void>;
  state(): Promise<AdmissionState>;
  close(): Promise<void>;
};

/** The entries of a demand that cost something (of `unused`: that change something), checked. */
export function costsOf(demand: Demand, { signed = false } = {}): [bucket: string, amount: number][] {
  const costs = Object.entries(demand).filter(([, amount]) => amount !== 0);
  for (const [bucket, amount] of costs) {
    if (!Number.isFinite(amount) || (amount < 0 && !signed))
      throw new RangeError(`${bucket}: ${amount} is no cost`);
  }
  return costs;
}
