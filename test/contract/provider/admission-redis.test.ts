import { Redis } from 'ioredis';
import { afterEach, describe, expect, inject, it } from 'vitest';
import type { Acquired, Admission } from '../../../src/provider/admission/admission.ts';
import { createMemoryAdmission } from '../../../src/provider/admission/memory-admission.ts';
import { createRedisAdmission } from '../../../src/provider/admission/redis-admission.ts';
import { openRedis } from '../../../src/store/redis.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { startRedis, withRedis } from '../../support/services/redis.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

const logger = createLogger('silent');
const newPrefix = () => `{admission-${crypto.randomUUID()}}`;
const slow = { maxSlots: 100, limitsPerMinute: { images: 60 } };
const image = { images: 1 };

const opened: Admission[] = [];
const connections: Redis[] = [];
const keep = (admission: Admission) => {
  opened.push(admission);
  return admission;
};
/** So patient that a busy machine is no Redis that is away. */
const connect = async (url: string, patienceMs = 60_000) => {
  const connection = await openRedis(url, logger, patienceMs);
  connections.push(connection);
  return connection;
};
afterEach(async () => {
  for (const admission of opened.splice(0)) await admission.close();
  for (const connection of connections.splice(0)) connection.disconnect();
});

describe('admission of two instances', () => {
  const pair = async (settings: { maxSlots: number; limitsPerMinute: Record<string, number> }) => {
    const all = { ...settings, prefix: newPrefix() };
    const one = async () => keep(createRedisAdmission(await connect(inject('redisUrl')), all, logger));
    return [await one(), await one()] as const;
  };

  it('paces both by one limit', async () => {
    const [here, there] = await pair({ maxSlots: 1_000, limitsPerMinute: { requests: 6_000 } });
    const startedAt = performance.now();
    const rounds = await Promise.all(
      [here, there, here, there].map(async (admission) => admission.acquire(200, { requests: 1 })),
    );
    const given = rounds.flatMap(({ permits }) => permits);
    // 100 a second: the burst, the horizon, and what time brought meanwhile.
    const most = 100 + 200 + 1 + Math.ceil((performance.now() - startedAt) / 10);
    expect(given.length).toBeGreaterThanOrEqual(300);
    expect(given.length).toBeLessThanOrEqual(most);
  });

  it('holds both to one number of slots', async () => {
    const [here, there] = await pair({ maxSlots: 3, limitsPerMinute: {} });
    const { permits } = await here.acquire(2, {});
    expect((await there.acquire(5, {})).permits).toHaveLength(1);
    await here.release([permits[0]?.id ?? '']);
    expect((await there.acquire(5, {})).permits).toHaveLength(1);
  });

  it('tells each other of a limit, of a pause and of slowing down', async () => {
    const [here, there] = await pair(slow);
    await here.learnLimit('images', 600);
    await here.slowDown('images');
    await here.pause(120_000);
    const { limitsPerMinute, pausedForMs } = await there.state();
    expect(limitsPerMinute['images']).toBeCloseTo(420);
    expect(pausedForMs).toBeGreaterThan(60_000);
    expect((await there.acquire(1, image)).reason).toBe('paused');
  });

  it('leaves no key in Redis that never expires', async () => {
    const prefix = newPrefix();
    const admission = keep(
      createRedisAdmission(await connect(inject('redisUrl')), { ...slow, prefix }, logger),
    );
    const { permits } = await admission.acquire(2, image);
    await admission.learnLimit('images', 30);
    await admission.slowDown('unheard');
    await admission.renew(permits.map(({ id }) => id));
    await admission.pause(10_000);
    await withRedis(inject('redisUrl'), async (client) => {
      const keys = await client.keys(`${prefix}*`);
      expect(keys).toHaveLength(4);
      for (const key of keys) expect(await client.pttl(key)).toBeGreaterThan(0);
    });
  });
});

describe('the script in Redis', () => {
  it.each([1, 2, 3, 4])('decides as the memory adapter does (seed %i)', async (seed) => {
    let now = 1_700_000_000_000;
    const settings = {
      maxSlots: 8,
      limitsPerMinute: { images: 50, requests: 700, tokens: 200_000 },
      utilisation: 0.98,
      prefix: newPrefix(),
    };
    const connection = new Redis(inject('redisUrl'), { commandTimeout: 60_000 });
    const memory = createMemoryAdmission(settings, () => now);
    const redis = keep(createRedisAdmission(connection, settings, logger, () => now));
    const random = createRandom(seed);
    const below = (bound: number) => Math.floor(random() * bound);
    const buckets = ['images', 'requests', 'tokens', 'unheard'];
    const bucket = () => buckets[below(4)] ?? '';
    let held: [string, string][] = [];
    const reasons = new Set<string | undefined>();

    let decided: unknown[] = [];
    const steps: ((admission: Admission, side: 0 | 1) => Promise<unknown>)[] = [];
    for (let step = 0; step < 600; step += 1) {
      now += below(10) === 0 ? below(20_000) : below(400);
      const [wanted, name, limit, which] = [below(12), bucket(), 10 + below(5_000), below(held.length)];
      const demand = { [bucket()]: 1 + below(3), requests: below(3), tokens: below(4_000) };
      const unused = { [name]: below(5) - 2, tokens: below(3_000) - 1_000.5 };
      const kind = below(17);
      if (kind < 9) {
        const options = { isInHand: below(4) === 0 };
        const mine = await memory.acquire(wanted, demand, options);
        const theirs = await redis.acquire(wanted, demand, options);
        decided = [decisionOf(mine), decisionOf(theirs)];
        reasons.add(mine.reason);
        for (const [index, { id }] of mine.permits.entries()) {
          if (!options.isInHand) held.push([id, theirs.permits[index]?.id ?? '']);
        }
      } else if (kind < 12) {
        const [pair] = held.splice(which, 1);
        steps.push((admission, side) => admission.release([pair?.[side] ?? ''], unused));
        steps.push((admission, side) => admission.release([held[0]?.[side] ?? ''], {}));
        held = held.slice(1);
      } else if (kind === 12) {
        // The adapter tells Redis the same no more than four times a second.
        now += 250;
        steps.push((admission) => admission.learnLimit(name, name === 'tokens' ? limit * 100 : limit));
      } else if (kind === 13) {
        steps.push((admission) => admission.slowDown(name));
      } else if (kind === 14) {
        now += 250;
        steps.push((admission) => admission.recover(name));
      } else if (kind === 15) {
        steps.push((admission) => admission.drain(name, limit));
      } else if (below(3) === 0) {
        steps.push((admission) => admission.pause(limit));
      } else {
        steps.push((admission, side) => admission.renew(held.map((pair) => pair[side])));
      }
      for (const run of steps.splice(0)) await Promise.all([run(memory, 0), run(redis, 1)]);
      expect(decided[1], `step ${step}`).toEqual(decided[0]);
      expect(await redis.state(), `step ${step}`).toEqual(await memory.state());
    }
    expect([...reasons]).toEqual(expect.arrayContaining([undefined, 'slots', 'paused', 'tokens']));
    connection.disconnect();
  });
});

describe('admission while Redis is away', () => {
  const lines: string[] = [];
  const listening = Object.assign(createLogger('silent'), {
    warn: () => lines.push('away'),
    info: () => lines.push('back'),
  });
  afterEach(() => lines.splice(0));
  const open = async (url: string) =>
    keep(
      createRedisAdmission(
        await connect(url, 4_000),
        { maxSlots: 10, limitsPerMinute: { images: 6_000 } },
        listening,
      ),
    );
  const isAlone = async (admission: Admission) => (await admission.state()).alone;

  it('goes on by a share of limits and slots when Redis is killed, and by all when it is back', async () => {
    await using redis = await startRedis();
    const admission = await open(redis.url);
    await redis.kill();
    expect((await admission.acquire(50, image)).permits).toHaveLength(5);
    expect((await admission.state()).limitsPerMinute).toEqual({ images: 3_000 });
    await redis.restart();
    await waitUntil('Redis to be used again', async () => !(await isAlone(admission)));
    expect((await admission.acquire(50, image)).permits).toHaveLength(10);
    expect(lines).toEqual(['away', 'back']);
  });

  it('starts without Redis', async () => {
    await using redis = await startRedis();
    await redis.kill();
    const admission = await open(redis.url);
    expect((await admission.acquire(50, image)).permits).toHaveLength(5);
    await redis.restart();
    await waitUntil('Redis to be used', async () => !(await isAlone(admission)));
  });

  it('keeps nobody waiting for a Redis that hangs, but once', async () => {
    await using redis = await startRedis();
    const admission = await open(redis.url);
    await redis.pause();
    const msOfOne = async () => {
      const startedAt = performance.now();
      const { permits } = await admission.acquire(1, {});
      expect(permits).toHaveLength(1);
      await admission.release(permits.map(({ id }) => id));
      return performance.now() - startedAt;
    };
    const first = await msOfOne();
    const others: number[] = [];
    const tries = async () => {
      others.push(await msOfOne());
      return others.length === 30;
    };
    // Meanwhile Redis is tried again.
    await waitUntil('30 others', tries, { intervalMs: 100 });
    await redis.resume();
    expect(Math.max(...others)).toBeLessThan(first / 2);
    await waitUntil('Redis to be used again', async () => !(await isAlone(admission)));
  });

  it('tells a Redis that lost everything what was learned, which jobs run and which have ended', async () => {
    await using redis = await startRedis();
    const admission = await open(redis.url);
    await admission.learnLimit('images', 1_200);
    const { permits } = await admission.acquire(6, image);
    await redis.pause();
    await admission.release([permits[0]?.id ?? '']);
    await redis.resume();
    await waitUntil('Redis to be used again', async () => !(await isAlone(admission)));
    expect((await admission.state()).slotsInUse).toBe(5);

    await redis.kill();
    await isAlone(admission);
    await redis.restart();
    await waitUntil('Redis to be used again', async () => !(await isAlone(admission)));
    await admission.renew(permits.slice(1).map(({ id }) => id));
    expect(await admission.state()).toMatchObject({ slotsInUse: 5, limitsPerMinute: { images: 1_200 } });
  });

  it('learns its limits again from the next answers when Redis is flushed', async () => {
    await using redis = await startRedis();
    const admission = await open(redis.url);
    await admission.learnLimit('images', 1_200);
    await redis.flush();
    await waitUntil('the learned limit', async () => {
      await admission.learnLimit('images', 1_200);
      return (await admission.state()).limitsPerMinute['images'] === 1_200;
    });
    expect((await admission.acquire(50, image)).permits).toHaveLength(10);
  });
});

const decisionOf = ({ permits, ...rest }: Acquired) => ({
  ...rest,
  waits: permits.map(({ waitMs }) => waitMs),
});

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
