import type { AdmissionState, Demand } from '../provider/admission/admission.ts';

/** How many jobs of a kind may run at the same time. */
export type Slots = {
  count(): number;
  /** Hears how long a job held its slot that ended well. A failure that comes at once, or parts bought before, say nothing of the next job. */
  held(ms: number): void;
  /** Hears what admission allows at present. */
  allowed(limitsPerMinute: AdmissionState['limitsPerMinute']): void;
};

/** The share of the newest job in the mean: about 20 jobs count. */
const shareOfNewest = 0.05;
/** Standard deviations above the mean, where jobs come and go at random (Poisson): seldom more are held. */
const deviations = 2;

/** As many as a setting says. */
export const fixedSlots = (count: number): Slots => ({
  count: () => count,
  held: () => undefined,
  allowed: () => undefined,
});

/**
 * As many as the limits can keep busy, by Little's law: the jobs that may start a second × the seconds that each holds its
 * slot, and some room. Fewer would leave limits unused; more would only be memory, because admission sets the pace.
 *
 * @param bounds.demand what one job takes of the limits now: the tightest of them counts. Without any, there are `atMost`.
 * @param bounds.atLeast also what there is until the limits are known.
 * @param bounds.firstGuessMs how long a job is taken to hold its slot before any has.
 */
export function learnedSlots(bounds: {
  demand: () => Demand;
  atLeast: number;
  atMost: number;
  firstGuessMs: number;
}): Slots {
  const { demand, atLeast, atMost, firstGuessMs } = bounds;
  let meanMs = firstGuessMs;
  let jobsPerMinute = 0;
  return {
    count() {
      const busy = jobsPerMinute * (meanMs / 60_000);
      const wanted = busy + deviations * Math.sqrt(busy);
      return Math.min(atMost, Math.max(atLeast, Math.ceil(wanted)));
    },
    held(ms) {
      meanMs += (ms - meanMs) * shareOfNewest;
    },
    allowed(limitsPerMinute) {
      const rates = Object.entries(demand())
        .filter(([, amount]) => amount > 0)
        .map(([bucket, amount]) => (limitsPerMinute[bucket] ?? Number.POSITIVE_INFINITY) / amount);
      jobsPerMinute = Math.min(...rates);
    },
  };
}
