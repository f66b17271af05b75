import { existsSync } from 'node:fs';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { instanceProcesses } from '../support/services/instance-folder.ts';
import { startRedis, withRedis } from '../support/services/redis.ts';

const put = (url: string) => withRedis(url, (client) => client.set('note', 'kept'));
const get = (url: string, patienceMs?: number) => withRedis(url, (client) => client.get('note'), patienceMs);

describe('a private Redis', () => {
  it('is empty after a flush', async () => {
    await using redis = await startRedis();
    await put(redis.url);
    expect(await get(redis.url)).toBe('kept');
    await redis.flush();
    expect(await get(redis.url)).toBeNull();
  });

  it('refuses connections once it is killed', async () => {
    await using redis = await startRedis();
    await redis.kill();
    await expect(get(redis.url)).rejects.toThrow();
    expect(instanceProcesses(redis.folder)).toEqual([]);
  });

  it('comes back empty at the same address after a restart', async () => {
    await using redis = await startRedis();
    await put(redis.url);
    await redis.restart();
    expect(await get(redis.url)).toBeNull();
  });

  it('comes back after it was stopped', async () => {
    await using redis = await startRedis();
    await redis.stop();
    await expect(get(redis.url)).rejects.toThrow();
    await redis.restart();
    expect(await get(redis.url)).toBeNull();
  });

  it('lets commands hang while it is paused and finish when it goes on', async () => {
    await using redis = await startRedis();
    const client = new Redis(redis.url);
    try {
      await client.ping();
      await redis.pause();
      let answered = false;
      const answer = client.ping().finally(() => {
        answered = true;
      });
      await expect(get(redis.url, 1_000)).rejects.toThrow();
      expect(answered).toBe(false);
      await redis.resume();
      expect(await answer).toBe('PONG');
    } finally {
      client.disconnect();
    }
  });

  it('cuts off subscribers and nobody else on killPubSub', async () => {
    await using redis = await startRedis();
    const subscriber = new Redis(redis.url, { retryStrategy: () => null });
    const other = new Redis(redis.url);
    try {
      await subscriber.subscribe('news');
      await other.ping();
      const closed = new Promise((resolve) => subscriber.once('close', resolve));
      expect(await redis.killPubSub()).toBe(1);
      await closed;
      expect(other.status).toBe('ready');
    } finally {
      subscriber.disconnect();
      other.disconnect();
    }
  });

  it('takes settings', async () => {
    await using redis = await startRedis({ settings: { maxmemory: '8mb' } });
    expect(await withRedis(redis.url, (client) => client.config('GET', 'maxmemory'))).toEqual([
      'maxmemory',
      String(8 * 1024 * 1024),
    ]);
  });

  it('leaves nothing behind when it is disposed of', async () => {
    const redis = await startRedis();
    await redis[Symbol.asyncDispose]();
    expect(instanceProcesses(redis.folder)).toEqual([]);
    expect(existsSync(redis.folder)).toBe(false);
  });
});
