import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ClientContext, Redis, Result } from 'ioredis';
import { z } from 'zod';
import { channelOf } from '../events/redis-bus.ts';
import { cacheTopic, type CacheMessage } from '../events/topics.ts';

declare module 'ioredis' {
  // What defineCommand adds, declared as ioredis' own example does it.
  interface RedisCommander<Context extends ClientContext> {
    pressrunCache(keyCount: number, ...keysThenArguments: (string | number)[]): Result<unknown, Context>;
  }
}

/** Taken before a read: Redis' count of invalidations (`now`), and the epoch in which it counts. */
export type Timestamp = { epoch: string; now: string };

/** An entry to be kept. `share.maxBytes`: what its owner may store within the lifetime of an entry. */
export type Kept = { text: string; tags: readonly string[]; share: { owner: string; maxBytes: number } };

/** The level that all instances share. Every call rejects after a short timeout (store/redis.ts) if Redis does not answer. */
export type RedisLevel = {
  /** Reads an entry if it is valid, and the present timestamp. */
  look(key: string): Promise<{ timestamp: Timestamp; found: { text: string; tags: string[] } | undefined }>;
  /** Keeps an entry, unless one of its tags was touched since its read began or its owner's share is used up. */
  keep(key: string, entry: Kept, since: Timestamp): Promise<void>;
  /** Touches tags and tells all instances. */
  touch(tags: readonly string[]): Promise<void>;
  /** Forgets everything and tells all instances. */
  reset(): Promise<void>;
};

const clockKey = 'pressrun:cache';

const lua = readFileSync(new URL('cache.lua', import.meta.url), 'utf8');
const lookSchema = z.tuple([z.string(), z.string()]).rest(z.string());

/** @param ttlMs how long an entry is kept. A touched tag is remembered twice as long. */
export function createRedisLevel(redis: Redis, ttlMs: number): RedisLevel {
  redis.defineCommand('pressrunCache', { lua });
  const entryKey = (key: string) =>
    `${clockKey}:entry:${createHash('sha256').update(key).digest('base64url')}`;
  const tell = (message: CacheMessage) => [channelOf(cacheTopic), JSON.stringify(message)];

  return {
    async look(key) {
      const answer = await redis.pressrunCache(2, clockKey, entryKey(key), 'look', randomUUID());
      const [epoch, now, text, tags] = lookSchema.parse(answer);
      const found = text === undefined || tags === undefined ? undefined : { text, tags: tags.split(' ') };
      return { timestamp: { epoch, now }, found };
    },
    async keep(key, { text, tags, share }, { epoch, now }) {
      await redis.pressrunCache(
        3,
        clockKey,
        entryKey(key),
        `${clockKey}:bytes:${share.owner}`,
        'keep',
        epoch,
        now,
        tags.join(' '),
        text,
        ttlMs,
        share.maxBytes,
      );
    },
    async touch(tags) {
      await redis.pressrunCache(
        1,
        clockKey,
        'touch',
        tags.join(' '),
        2 * ttlMs,
        ...tell({ kind: 'touched', tags: [...tags] }),
      );
    },
    async reset() {
      await redis.pressrunCache(1, clockKey, 'reset', randomUUID(), ...tell({ kind: 'reset' }));
    },
  };
}
