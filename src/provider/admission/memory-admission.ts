import {
  admissionSettingsSchema,
  costsOf,
  maxPermitsAtOnce,
  nothing,
  slotRetryMs,
  type Acquired,
  type Admission,
  type AdmissionSettings,
} from './admission.ts';
import * as gcra from './gcra.ts';

/**
 * Admission for one process.
 *
 * @param clock ms since any fixed time; must never go back.
 */
export function createMemoryAdmission(input: AdmissionSettings, clock: () => number = Date.now): Admission {
  const settings = admissionSettingsSchema.parse(input);
  const { maxSlots, horizonMs, inHandHorizonMs, slotTtlMs, maxPauseMs } = settings;
  const buckets = new Map<string, gcra.Bucket>();
  /** Expiry time of each permit's slot. */
  const slots = new Map<string, number>();
  const instance = crypto.randomUUID();
  let given = 0;
  let pausedUntilMs = 0;

  for (const [name, limit] of Object.entries(settings.limitsPerMinute))
    buckets.set(name, gcra.freshBucket(limit));

  function bucketOf(name: string): gcra.Bucket {
    const known = buckets.get(name) ?? gcra.freshBucket(undefined);
    buckets.set(name, known);
    return known;
  }

  function dropRunOut(now: number): void {
    for (const [id, endsAt] of slots) if (endsAt <= now) slots.delete(id);
  }

  function acquireNow(
    wanted: number,
    costs: { name: string; cost: number; bucket: gcra.Bucket }[],
    isInHand: boolean,
  ): Acquired {
    const now = clock();
    const aheadMs = isInHand ? inHandHorizonMs : horizonMs;
    const permits: Acquired['permits'] = [];
    const stop = (reason: string, inMs: number): Acquired => ({
      permits,
      reason,
      retryInMs: Math.ceil(Math.min(Math.max(inMs, 1), 1_000)),
    });
    if (pausedUntilMs > now) return stop('paused', pausedUntilMs - now);
    if (slots.size + wanted > maxSlots) dropRunOut(now);
    while (permits.length < Math.min(wanted, maxPermitsAtOnce)) {
      if (!isInHand && slots.size >= maxSlots) return stop('slots', slotRetryMs);
      let at = now;
      let last = '';
      for (const { name, cost, bucket } of costs) {
        const free = gcra.releaseTimeMs(bucket, cost, settings);
        if (free > at) [at, last] = [free, name];
      }
      if (at > now + aheadMs) return stop(last, at - aheadMs - now);
      for (const { cost, bucket } of costs) gcra.reserve(bucket, cost, at, settings);
      given += 1;
      const id = `${instance}:${given}`;
      if (!isInHand) slots.set(id, at + slotTtlMs);
      permits.push({ id, waitMs: Math.ceil(at - now) });
    }
    return { permits, retryInMs: permits.length < wanted ? 1 : 0, reason: undefined };
  }

  return {
    async acquire(wanted, demand, { isInHand } = { isInHand: false }) {
      if (wanted <= 0) return nothing();
      return acquireNow(
        wanted,
        costsOf(demand).map(([name, cost]) => ({ name, cost, bucket: bucketOf(name) })),
        isInHand,
      );
    },
    async release(permitIds, unused = {}) {
      const now = clock();
      const amounts = costsOf(unused, { signed: true });
      for (const id of permitIds) {
        const endsAt = slots.get(id);
        slots.delete(id);
        if (endsAt === undefined || endsAt <= now) continue;
        for (const [name, amount] of amounts) gcra.settle(bucketOf(name), amount, now, settings);
      }
    },
    async renew(permitIds) {
      const endsAt = clock() + slotTtlMs;
      for (const id of permitIds) slots.set(id, endsAt);
    },
    async learnLimit(name, limit) {
      if (!(Number.isFinite(limit) && limit > 0)) return;
      gcra.changeRate(bucketOf(name), { limit }, clock(), settings);
    },
    async pause(ms) {
      if (ms > 0) pausedUntilMs = Math.max(pausedUntilMs, clock() + Math.min(ms, maxPauseMs));
    },
    async drain(name, ms) {
      gcra.drain(bucketOf(name), Math.min(ms, maxPauseMs), clock(), settings);
    },
    async slowDown(name) {
      gcra.slowDown(bucketOf(name), clock(), settings);
    },
    async recover(name) {
      gcra.recover(bucketOf(name), clock(), settings);
    },
    async state() {
      const now = clock();
      dropRunOut(now);
      const limitsPerMinute: Record<string, number> = {};
      for (const [name, bucket] of buckets) {
        const rate = gcra.rateOf(bucket, settings);
        if (rate !== undefined) limitsPerMinute[name] = rate;
      }
      return {
        slotsInUse: slots.size,
        limitsPerMinute,
        pausedForMs: Math.max(0, Math.ceil(pausedUntilMs - now)),
        alone: false,
      };
    },
    async close() {
      slots.clear();
    },
  };
}
