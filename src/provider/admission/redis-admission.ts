import type { Redis } from 'ioredis';
import type { Logger } from '../../telemetry/logger.ts';
import {
  admissionSettingsSchema,
  costsOf,
  type Admission,
  type AdmissionSettings,
  type Demand,
} from './admission.ts';
import { createMemoryAdmission } from './memory-admission.ts';
import { createScriptAdmission } from './script-admission.ts';

/** How often Redis is tried while it does not answer. */
const retryEveryMs = 1_000;

/** Every answer of the provider has limits and is a success; the same facts go to Redis at most this often. */
const reportEveryMs = 250;

/**
 * Admission over all instances, in Redis. While Redis does not answer, generation goes on: this instance
 * admits by `shareWhenAlone` of the limits and slots until it is back. Both changes are logged once.
 * A flushed Redis starts empty; learned limits are sent again within seconds.
 *
 * @param redis a connection with a `commandTimeout` and `enableOfflineQueue: false`, which is not closed here.
 * @param clock for tests: ms, instead of Redis' clock.
 */
export function createRedisAdmission(
  redis: Redis,
  input: AdmissionSettings,
  logger: Logger,
  clock?: () => number,
): Admission {
  const settings = admissionSettingsSchema.parse(input);
  const shared = createScriptAdmission(redis, settings, clock);
  const alone = createMemoryAdmission(shareOf(settings), clock);
  const now = clock ?? Date.now;

  const learned = new Map<string, number>();
  const sentAtMs = new Map<string, number>();
  /** Permits released while Redis was away, with what was unused. They are sent when it is back. */
  const unsentReleases = new Map<string, Demand>();
  /** Permits that Redis does not know and need not be released there. */
  const givenAlone = new Set<string>();
  let away = false;
  let closed = false;
  let retryAtMs = 0;

  function leave(error: unknown): void {
    if (away || closed) return;
    away = true;
    retryAtMs = Date.now() + retryEveryMs;
    logger.warn(
      { error: error instanceof Error ? error.message : String(error), share: settings.shareWhenAlone },
      'Redis does not answer: admitting jobs by a share of the limits',
    );
  }

  /** Runs in the background, so that no caller waits for a Redis that hangs. */
  async function tryRedis(): Promise<void> {
    retryAtMs = Date.now() + retryEveryMs;
    try {
      await redis.ping();
      for (const [bucket, limit] of learned) await shared.learnLimit(bucket, limit);
      await shared.pause((await alone.state()).pausedForMs);
      for (const [permitId, unused] of unsentReleases) {
        await shared.release([permitId], unused);
        unsentReleases.delete(permitId);
      }
      away = false;
      logger.info('Redis answers again: admitting jobs by the limits of all instances');
    } catch {
      retryAtMs = Date.now() + retryEveryMs;
    }
  }

  async function either<T>(inRedis: () => Promise<T>, otherwise: () => Promise<T>): Promise<T> {
    if (!away) {
      try {
        return await inRedis();
      } catch (error) {
        leave(error);
      }
    } else if (Date.now() >= retryAtMs) void tryRedis();
    return otherwise();
  }

  /** Sends a fact to Redis that `alone` already knows. */
  const report = (inRedis: () => Promise<void>) => either(inRedis, async () => undefined);

  function wasJustSent(key: string): boolean {
    if (now() - (sentAtMs.get(key) ?? Number.NEGATIVE_INFINITY) < reportEveryMs) return true;
    sentAtMs.set(key, now());
    return false;
  }

  return {
    async acquire(wanted, demand, options = { isInHand: false }) {
      costsOf(demand); // Throws for a caller's mistake, which must not count as a failure of Redis.
      return either(
        () => shared.acquire(wanted, demand, options),
        async () => {
          const acquired = await alone.acquire(wanted, demand, options);
          if (!options.isInHand) for (const { id } of acquired.permits) givenAlone.add(id);
          return acquired;
        },
      );
    },
    async release(permitIds, unused = {}) {
      await alone.release(permitIds, unused);
      const ofRedis = permitIds.filter((id) => !givenAlone.delete(id));
      await either(
        () => shared.release(ofRedis, unused),
        async () => ofRedis.forEach((id) => unsentReleases.set(id, unused)),
      );
    },
    // Renewing also adds the jobs that the other side admitted.
    renew: (permitIds) =>
      either(
        () => shared.renew(permitIds),
        () => alone.renew(permitIds),
      ),
    async learnLimit(bucket, limit) {
      if (!(Number.isFinite(limit) && limit > 0)) return;
      await alone.learnLimit(bucket, limit * settings.shareWhenAlone);
      const known = learned.get(bucket) === limit;
      learned.set(bucket, limit);
      if (wasJustSent(`learn ${bucket}`) && known) return;
      await report(() => shared.learnLimit(bucket, limit));
    },
    async pause(ms) {
      await alone.pause(ms);
      await report(() => shared.pause(ms));
    },
    async drain(bucket, ms) {
      await alone.drain(bucket, ms);
      await report(() => shared.drain(bucket, ms));
    },
    async slowDown(bucket) {
      await alone.slowDown(bucket);
      await report(() => shared.slowDown(bucket));
    },
    async recover(bucket) {
      if (wasJustSent(`recover ${bucket}`)) return;
      await alone.recover(bucket);
      await report(() => shared.recover(bucket));
    },
    state: () =>
      either(
        () => shared.state(),
        async () => ({ ...(await alone.state()), alone: true }),
      ),
    async close() {
      closed = true;
      await alone.close();
    },
  };
}

function shareOf(settings: AdmissionSettings & { shareWhenAlone: number }): AdmissionSettings {
  const share = settings.shareWhenAlone;
  return {
    ...settings,
    maxSlots: Math.max(1, Math.floor(settings.maxSlots * share)),
    limitsPerMinute: Object.fromEntries(
      Object.entries(settings.limitsPerMinute).map(([bucket, limit]) => [bucket, limit * share]),
    ),
  };
}
