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

/** Redis is looked for at most this often while it is away. */
const lookEveryMs = 1_000;

/** Every answer of the provider teaches a limit and is a success; Redis hears of the same this often. */
const tellEveryMs = 250;

/**
 * Admission over all instances, in Redis. While Redis does not answer, generation goes on: this instance
 * admits by `shareWhenAlone` of the limits and slots until it is back. Both changes are logged once.
 * A flushed Redis starts anew; what was learned is told again within seconds.
 *
 * @param redis a connection with a `commandTimeout` and `enableOfflineQueue: false`, which is not closed here.
 * @param clock for tests: ms, in place of Redis' clock.
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
  const toldAtMs = new Map<string, number>();
  /** Permits released while Redis was away, with what was unused: it is told on its return. */
  const owed = new Map<string, Demand>();
  /** These Redis need not hear of. */
  const givenAlone = new Set<string>();
  let away = false;
  let closed = false;
  let lookAtMs = 0;

  function leave(error: unknown): void {
    if (away || closed) return;
    away = true;
    lookAtMs = Date.now() + lookEveryMs;
    logger.warn(
      { error: error instanceof Error ? error.message : String(error), share: settings.shareWhenAlone },
      'Redis does not answer: admitting jobs by a share of the limits',
    );
  }

  /** Runs beside the callers: nobody waits for a Redis that hangs. */
  async function lookForRedis(): Promise<void> {
    lookAtMs = Date.now() + lookEveryMs;
    try {
      await redis.ping();
      for (const [bucket, limit] of learned) await shared.learnLimit(bucket, limit);
      await shared.pause((await alone.state()).pausedForMs);
      for (const [permitId, unused] of owed) {
        await shared.release([permitId], unused);
        owed.delete(permitId);
      }
      away = false;
      logger.info('Redis answers again: admitting jobs by the limits of all instances');
    } catch {
      lookAtMs = Date.now() + lookEveryMs;
    }
  }

  async function either<T>(inRedis: () => Promise<T>, otherwise: () => Promise<T>): Promise<T> {
    if (!away) {
      try {
        return await inRedis();
      } catch (error) {
        leave(error);
      }
    } else if (Date.now() >= lookAtMs) void lookForRedis();
    return otherwise();
  }

  /** For what `alone` has been told already. */
  const tell = (inRedis: () => Promise<void>) => either(inRedis, async () => undefined);

  function toldJustNow(key: string): boolean {
    if (now() - (toldAtMs.get(key) ?? Number.NEGATIVE_INFINITY) < tellEveryMs) return true;
    toldAtMs.set(key, now());
    return false;
  }

  return {
    async acquire(wanted, demand) {
      costsOf(demand); // A caller's mistake must not pass for Redis being away.
      return either(
        () => shared.acquire(wanted, demand),
        async () => {
          const acquired = await alone.acquire(wanted, demand);
          for (const { id } of acquired.permits) givenAlone.add(id);
          return acquired;
        },
      );
    },
    async release(permitIds, unused = {}) {
      await alone.release(permitIds, unused);
      const ofRedis = permitIds.filter((id) => !givenAlone.delete(id));
      await either(
        () => shared.release(ofRedis, unused),
        async () => ofRedis.forEach((id) => owed.set(id, unused)),
      );
    },
    // Each side learns in its turn of the jobs that the other one admitted.
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
      if (toldJustNow(`learn ${bucket}`) && known) return;
      await tell(() => shared.learnLimit(bucket, limit));
    },
    async pause(ms) {
      await alone.pause(ms);
      await tell(() => shared.pause(ms));
    },
    async drain(bucket, ms) {
      await alone.drain(bucket, ms);
      await tell(() => shared.drain(bucket, ms));
    },
    async slowDown(bucket) {
      await alone.slowDown(bucket);
      await tell(() => shared.slowDown(bucket));
    },
    async recover(bucket) {
      if (toldJustNow(`recover ${bucket}`)) return;
      await alone.recover(bucket);
      await tell(() => shared.recover(bucket));
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
