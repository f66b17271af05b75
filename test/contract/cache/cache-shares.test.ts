import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openCache, type Cache } from '../../../src/cache/cache.ts';
import { createRedisLevel } from '../../../src/cache/redis-level.ts';
import { createRedisBus } from '../../../src/events/redis-bus.ts';
import { openRedis } from '../../../src/store/redis.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { startRedis, type RedisInstance } from '../../support/services/redis.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

const logger = createLogger('silent');
const maxBytes = 1_000_000;
const codec = {
  toText: (value: string) => value,
  fromText: (text: string) => text,
  bytesOf: (value: string) => value.length,
  ownerOf: (key: string) => key.slice(0, key.indexOf(' ')),
};

let redis: RedisInstance;
let client: Redis;
const opened = new AsyncDisposableStack();
beforeAll(async () => {
  redis = opened.use(await startRedis());
  client = new Redis(redis.url);
  opened.defer(() => client.disconnect());
});
afterAll(() => opened.disposeAsync());

/** A cache as an instance has it, that believes what it hears. */
async function openInstance(): Promise<Cache<string>> {
  const bus = await createRedisBus(redis.url, logger);
  opened.defer(() => bus.close());
  const connection = await openRedis(redis.url, logger);
  opened.defer(() => connection.disconnect());
  const level = createRedisLevel(connection, 30_000);
  const cache = await openCache<string>({ maxBytes, codec }, { bus, redis: level });
  opened.defer(() => cache.close());
  await waitUntil('a cache that keeps', async () => {
    const key = `probe ${crypto.randomUUID()}`;
    return (await cache.get(key, async () => ({ value: '1', tags: ['probe'] }))).outcome === 'MISS';
  });
  return cache;
}

const ofBytes = (bytes: number) => async () => ({ value: 'x'.repeat(bytes), tags: ['a'] });

/** Waits until all that was kept before has arrived: one connection keeps the order. */
async function settled(here: Cache<string>, there: Cache<string>, owner: string): Promise<void> {
  const key = `${owner} ${crypto.randomUUID()}`;
  await here.get(key, ofBytes(1));
  await waitUntil('Redis to have it', async () => (await there.get(key, ofBytes(1))).outcome === 'HIT');
}

it('keeps in Redis nothing that is too large for memory', async () => {
  const [here, there] = [await openInstance(), await openInstance()];
  await here.get('large answer', ofBytes(200_000));
  await settled(here, there, 'other');
  expect(here.peek('large answer')).toBeUndefined();
  expect((await there.get('large answer', ofBytes(200_000))).outcome).not.toBe('HIT');
});

it('keeps in Redis a quarter of its bytes for one owner, and goes on for others', async () => {
  const [here, there] = [await openInstance(), await openInstance()];
  await client.del(...(await client.keys('pressrun:cache:entry:*')));
  for (let place = 0; place < 60; place += 1) await here.get(`busy ${place}`, ofBytes(20_000));
  await settled(here, there, 'quiet');
  const keys = await client.keys('pressrun:cache:entry:*');
  const sizes = await Promise.all(keys.map((key) => client.hstrlen(key, 'value')));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  expect(bytes).toBeGreaterThan(200_000);
  expect(bytes).toBeLessThanOrEqual(251_000);
});
