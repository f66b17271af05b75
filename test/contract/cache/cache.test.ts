import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCache, type Cache } from '../../../src/cache/cache.ts';
import { createRedisLevel } from '../../../src/cache/redis-level.ts';
import { createLocalBus } from '../../../src/events/bus.ts';
import { createRedisBus } from '../../../src/events/redis-bus.ts';
import { openRedis } from '../../../src/store/redis.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createRandom } from '../../chaos/support/random.ts';
import { watchPauses } from '../../support/cpu.ts';
import { startRedis, type RedisInstance } from '../../support/services/redis.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

const logger = createLogger('silent');
const codec = { toText: String, fromText: Number, bytesOf: () => 8, ownerOf: () => 'owner' };
const settings = { maxBytes: 1_000_000, codec };

let redis: RedisInstance;
const opened = new AsyncDisposableStack();
beforeAll(async () => {
  redis = opened.use(await startRedis());
});
afterAll(() => opened.disposeAsync());

/** A cache as an instance has it: with connections of its own. */
async function openInstance(): Promise<Cache<number>> {
  const bus = await createRedisBus(redis.url, logger);
  opened.defer(() => bus.close());
  const connection = await openRedis(redis.url, logger);
  opened.defer(() => connection.disconnect());
  const cache = await openCache<number>(settings, { bus, redis: createRedisLevel(connection, 30_000) });
  opened.defer(() => cache.close());
  return cache;
}

const made =
  (value: number, ...tags: string[]) =>
  async () => ({ value, tags });
const never = async () => {
  throw new Error('was made again');
};

/** Waits until an instance believes what it hears. */
async function trusting(cache: Cache<number>): Promise<void> {
  await waitUntil('a cache that keeps', async () => {
    const { outcome } = await cache.get(crypto.randomUUID(), made(1, 'probe'));
    return outcome === 'MISS';
  });
}

describe('two instances', () => {
  let here: Cache<number>;
  let there: Cache<number>;
  beforeAll(async () => {
    here = await openInstance();
    there = await openInstance();
    await Promise.all([here, there].map(trusting));
  });

  it('share what one of them has made', async () => {
    await here.get('shared', made(7, 'a'));
    await waitUntil('the other one to have it', async () => {
      const { outcome } = await there.get('shared', made(7, 'a'));
      return outcome === 'HIT';
    });
    expect(there.peek('shared')).toBe(7);
  });

  it('give nothing any more that was made of what one of them has changed', async () => {
    await waitUntil('both to have it', async () => {
      for (const cache of [here, there]) await cache.get('changed', made(1, 'b'));
      return [here, there].every((cache) => cache.peek('changed') === 1);
    });
    here.invalidate(['b']);
    expect(here.peek('changed')).toBeUndefined();
    // Before it would by itself, as nothing is kept for more than 30 s.
    await waitUntil('the other one to forget it', () => there.peek('changed') === undefined, {
      deadlineMs: 20_000,
    });
    expect((await there.get('changed', made(2, 'b'))).value).toBe(2);
  });

  it('keep nothing that was read before a change of the other one', async () => {
    const { promise: changed, resolve: change } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const reading = here.get('raced', async () => {
      begin();
      await changed;
      return { value: 1, tags: ['c'] };
    });
    // From here on, what it finds is from before the change.
    await begun;
    there.invalidate(['c']);
    await there.get('other', made(1, 'd'));
    change();
    expect((await reading).value).toBe(1);
    expect((await there.get('raced', made(2, 'c'))).value).toBe(2);
    await waitUntil('the first one to find the new value', async () => {
      const { value } = await here.get('raced', made(2, 'c'));
      return value === 2;
    });
  });

  it('forget everything when the connection that tells of changes is cut', async () => {
    await here.get('cut', made(1, 'e'));
    expect(here.peek('cut')).toBe(1);
    await redis.killPubSub();
    await waitUntil('the cut to be noticed', () => here.peek('cut') === undefined);
    expect((await here.get('cut', made(2, 'e'))).outcome).toBe('BYPASS');
    await Promise.all([here, there].map(trusting));
    expect((await here.get('cut', made(3, 'e'))).value).toBe(3);
  });

  it('find nothing in a Redis that has forgotten what was changed', async () => {
    await here.get('flushed', made(1, 'f'));
    await redis.flush();
    expect((await there.get('flushed', made(2, 'f'))).value).toBe(2);
  });
});

describe('one instance', () => {
  const open = () => openCache<number>(settings, { bus: createLocalBus(), redis: undefined });

  it('makes once what many ask for at the same time', async () => {
    const cache = await open();
    let times = 0;
    const make = async () => {
      times += 1;
      await wait(1);
      return { value: times, tags: ['a'] };
    };
    const answers = await Promise.all(Array.from({ length: 50 }, () => cache.get('key', make)));
    expect(times).toBe(1);
    expect(cache.counts()).toMatchObject({ hit: 49, miss: 1 });
    expect(new Set(answers.map(({ value }) => value))).toEqual(new Set([1]));
  });

  it('does not give a reader what was read before a change that the reader came after', async () => {
    const cache = await open();
    let current = 1;
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const make = async () => {
      const value = current;
      begin();
      await held;
      return { value, tags: ['a'] };
    };
    const early = cache.get('key', make);
    await begun;
    current = 2;
    cache.invalidate(['a']);
    const late = cache.get('key', make);
    release();
    expect((await early).value).toBe(1);
    expect((await late).value).toBe(2);
  });

  it('does not keep what it is told not to keep', async () => {
    const cache = await open();
    const make = async () => ({ value: 1, tags: undefined });
    expect((await cache.get('key', make)).outcome).toBe('BYPASS');
    expect(cache.peek('key')).toBeUndefined();
  });

  it('lets a failure reach all who wait, and keeps nothing of it', async () => {
    const cache = await open();
    const failures = await Promise.allSettled([cache.get('key', never), cache.get('key', never)]);
    expect(failures.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect((await cache.get('key', made(1, 'a'))).value).toBe(1);
  });
});

/** What Redis is put through while both instances read and write. */
const disturbances: Record<string, (server: RedisInstance) => Promise<unknown>> = {
  none: async () => undefined,
  'is emptied': (server) => server.flush(),
  'loses its listeners': (server) => server.killPubSub(),
  'answers nothing for a while': async (server) => {
    await server.pause();
    await wait(1_500);
    await server.resume();
  },
  'is killed and comes back': async (server) => {
    await server.kill();
    await wait(300);
    await server.restart();
  },
};

describe.each(Object.entries(disturbances))('while Redis %s', (name, disturb) => {
  it('no reader is given what was changed before the bound', async () => {
    // One that hangs is noticed after half a second of silence; who gets no CPU hears later.
    const boundMs = 2_000;
    const instances = [await openInstance(), await openInstance()];
    await Promise.all(instances.map(trusting));
    const random = createRandom(name.length);
    const pick = <T>(list: readonly T[]): T => {
      const one = list[Math.floor(random() * list.length)];
      if (one === undefined) throw new Error('nothing to pick from');
      return one;
    };
    const keys = Array.from({ length: 24 }, (_, place) => `${name.replaceAll(' ', '-')}:${place}`);
    /** What a database would hold, and when each of its versions was committed. */
    const commits = new Map(keys.map((key) => [key, [0]]));
    const versionsOf = (key: string) => commits.get(key) ?? [];
    const stale: { ms: number; what: string }[] = [];
    const longestPauseMs = watchPauses();
    let reads = 0;
    const endsAt = performance.now() + 6_000;

    async function readOn(): Promise<void> {
      while (performance.now() < endsAt) {
        const key = pick(keys);
        const cache = pick(instances);
        const askedAt = performance.now();
        const make = async () => {
          await wait(random() * 4);
          const version = versionsOf(key).length - 1;
          await wait(random() * 8);
          return { value: version, tags: [key] };
        };
        const given = cache.peek(key) ?? (await cache.get(key, make)).value;
        const ms = askedAt - (versionsOf(key)[given + 1] ?? askedAt);
        if (ms > boundMs) stale.push({ ms, what: `${key}: version ${given}` });
        reads += 1;
        await wait(random() * 2);
      }
    }

    async function writeOn(): Promise<void> {
      while (performance.now() < endsAt) {
        const key = pick(keys);
        // The second change comes while those who miss the first one read.
        for (const pause of [8, 60]) {
          versionsOf(key).push(performance.now());
          await wait(random() * 2);
          pick(instances).invalidate([key]);
          await wait(random() * pause);
        }
      }
    }

    const work = [...Array.from({ length: 12 }, readOn), writeOn(), writeOn()];
    await wait(1_000);
    await disturb(redis);
    await Promise.all(work);
    const mostMs = boundMs + longestPauseMs();
    expect(stale.filter(({ ms }) => ms > mostMs)).toEqual([]);
    expect(reads).toBeGreaterThan(100);
    const hits = instances.map((cache) => cache.counts().hit);
    expect(Math.min(...hits)).toBeGreaterThan(10);
  });
});
