import { readFileSync } from 'node:fs';
import type { ClientContext, Redis, Result } from 'ioredis';
import { z } from 'zod';
import { costsOf, maxPermitsAtOnce, nothing, type Admission, type ResolvedSettings } from './admission.ts';

declare module 'ioredis' {
  // What defineCommand adds, declared as ioredis' own example does it.
  interface RedisCommander<Context extends ClientContext> {
    pressrunAdmission(keyCount: number, ...keysThenArguments: string[]): Result<unknown, Context>;
  }
}

const lua = readFileSync(new URL('admission.lua', import.meta.url), 'utf8');

const number = z.string().transform(Number).pipe(z.number());
const acquiredSchema = z.tuple([number, z.int()], number);
const stateSchema = z.tuple([z.int(), number], z.string());

/**
 * Admission in Redis, one script call per operation. Every call rejects while Redis does not answer.
 *
 * @param clock for tests: ms, instead of Redis' own clock, which all instances share.
 */
export function createScriptAdmission(
  redis: Redis,
  settings: ResolvedSettings,
  clock: (() => number) | undefined,
): Admission {
  const { prefix, maxSlots, horizonMs, inHandHorizonMs, slotTtlMs, maxPauseMs, burstSeconds, utilisation } =
    settings;
  const instance = crypto.randomUUID();
  let calls = 0;
  /** Every bucket that this instance has used, for `state`. */
  const met = new Set(Object.keys(settings.limitsPerMinute));

  redis.defineCommand('pressrunAdmission', { lua });

  function run(operation: string, amounts: [bucket: string, amount: number][], ...own: (string | number)[]) {
    for (const [bucket] of amounts) met.add(bucket);
    return redis.pressrunAdmission(
      2 + amounts.length,
      `${prefix}:slots`,
      `${prefix}:pause`,
      ...amounts.map(([bucket]) => `${prefix}:bucket:${bucket}`),
      operation,
      String(clock?.() ?? ''),
      String(burstSeconds),
      String(utilisation),
      ...amounts.flatMap(([bucket, amount]) => [
        String(settings.limitsPerMinute[bucket] ?? ''),
        String(amount),
      ]),
      ...own.map(String),
    );
  }

  return {
    async acquire(wanted, demand, { isInHand } = { isInHand: false }) {
      if (wanted <= 0) return nothing();
      const costs = costsOf(demand);
      calls += 1;
      const name = `${instance}:${calls}:`;
      const atMost = Math.min(wanted, maxPermitsAtOnce);
      const [retryInMs, reason, ...waits] = acquiredSchema.parse(
        await run(
          'acquire',
          costs,
          atMost,
          name,
          isInHand ? '' : maxSlots,
          isInHand ? inHandHorizonMs : horizonMs,
          slotTtlMs,
        ),
      );
      const permits = waits.map((wait, index) => ({ id: `${name}${index + 1}`, waitMs: Math.ceil(wait) }));
      if (reason === 0) return { permits, retryInMs: permits.length < wanted ? 1 : 0, reason: undefined };
      return {
        permits,
        retryInMs: Math.ceil(Math.min(Math.max(retryInMs, 1), 1_000)),
        reason: reason === -1 ? 'slots' : reason === -2 ? 'paused' : costs[reason - 1]?.[0],
      };
    },
    async release(permitIds, unused = {}) {
      if (permitIds.length > 0) await run('release', costsOf(unused, { signed: true }), ...permitIds);
    },
    async renew(permitIds) {
      if (permitIds.length > 0) await run('renew', [], slotTtlMs, ...permitIds);
    },
    async learnLimit(bucket, limit) {
      if (Number.isFinite(limit) && limit > 0) await run('learnLimit', [[bucket, limit]]);
    },
    async pause(ms) {
      if (ms > 0) await run('pause', [], Math.min(ms, maxPauseMs));
    },
    async drain(bucket, ms) {
      await run('drain', [[bucket, Math.min(ms, maxPauseMs)]]);
    },
    async slowDown(bucket) {
      await run('slowDown', [[bucket, 0]]);
    },
    async recover(bucket) {
      await run('recover', [[bucket, 0]]);
    },
    async state() {
      const names = [...met];
      const [slotsInUse, pausedForMs, ...rates] = stateSchema.parse(
        await run(
          'state',
          names.map((name) => [name, 0]),
        ),
      );
      const limitsPerMinute: Record<string, number> = {};
      for (const [index, name] of names.entries())
        if (rates[index]) limitsPerMinute[name] = Number(rates[index]);
      return {
        slotsInUse,
        limitsPerMinute,
        pausedForMs: Math.ceil(pausedForMs),
        alone: false,
      };
    },
    async close() {
      // The connection belongs to the caller.
    },
  };
}
