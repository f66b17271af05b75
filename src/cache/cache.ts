import type { Bus } from '../events/bus.ts';
import { createMemoryLevel } from './memory-level.ts';
import type { RedisLevel } from './redis-level.ts';
import { watchFeed } from './feed-health.ts';

/** A value, and the tags of what it was made of. */
export type Made<Value> = {
  value: Value;
  /** The tags of its rows and lists (tags.ts); undefined if the value must not be kept. */
  tags: readonly string[] | undefined;
};

/** HIT: the value was cached or shared. MISS: it was made. BYPASS: it was made and must not be kept. */
export type Outcome = 'HIT' | 'MISS' | 'BYPASS';

export type CacheCounts = Record<Lowercase<Outcome>, number> & { bytes: number };

/**
 * A cache of two levels: the memory of this process, and Redis, which all instances share. A value is valid until one of
 * its tags is touched, and at most for `ttlMs`. Touching works at once on this instance, and on others when the message
 * arrives. While this instance may miss such messages, it gives no cached values.
 */
export type Cache<Value> = {
  /** @returns the value if it is in memory, which counts as a hit; undefined otherwise. */
  peek(key: string): Value | undefined;
  /**
   * Returns the value from Redis, or makes it. Concurrent calls for one key share the work.
   *
   * @param make makes the value. `get` rejects with its error.
   */
  get(key: string, make: () => Promise<Made<Value>>): Promise<{ value: Value; outcome: Outcome }>;
  /** Touches tags. To be called after the commit. Never throws or waits. */
  invalidate(tags: readonly string[]): void;
  /** @returns the outcomes since the start, and the bytes in memory now. */
  counts(): CacheCounts;
  close(): void;
};

/** How to store values in Redis, how many bytes one takes in memory, and which workspace's share it counts to. */
export type Codec<Value> = {
  ownerOf(key: string): string;
  toText(value: Value): string;
  fromText(text: string): Value;
  bytesOf(value: Value): number;
};

/** How long a value is kept, in ms. Bounds the harm of a crash between a commit and its invalidation. */
export const ttlMs = 30_000;
/** How long Redis is not asked after it did not answer: every request would wait for it. */
const redisPauseMs = 1_000;
/** A value with more tags is not kept: it would soon be touched. */
const maxTags = 500;
/** The most that one entry may take of `maxBytes`. */
const entryShare = 1 / 10;
/** The most that one workspace may take of `maxBytes`, in memory and in Redis each. */
const workspaceShare = 1 / 4;

/** @param deps.redis undefined in a single process, which knows of every change itself. */
export async function openCache<Value>(
  settings: { maxBytes: number; codec: Codec<Value> },
  deps: { bus: Bus; redis: RedisLevel | undefined },
): Promise<Cache<Value>> {
  const { codec, maxBytes } = settings;
  const { bus, redis } = deps;
  const maxOwnerBytes = Math.floor(maxBytes * workspaceShare);
  const memory = createMemoryLevel<Value>({ maxBytes, maxOwnerBytes, ttlMs });
  const inFlight = new Map<string, Promise<Shared<Value>>>();
  const counts = { hit: 0, miss: 0, bypass: 0 };
  const feed =
    redis === undefined
      ? undefined
      : await watchFeed({
          bus,
          hear: (message) => {
            if (message.kind === 'touched') memory.invalidate(message.tags);
            else if (message.kind === 'reset') memory.clear();
          },
          forget: () => memory.clear(),
          reset: () => redis.reset(),
        });
  /** Whether this instance hears of all changes. */
  const isHealthy = () => feed?.isHealthy() ?? true;

  let redisPausedUntil = 0;
  function pauseRedis(): undefined {
    redisPausedUntil = performance.now() + redisPauseMs;
  }
  const look = async (key: string) =>
    performance.now() < redisPausedUntil ? undefined : redis?.look(key).catch(pauseRedis);

  /** @returns the tags of a value that may be kept; undefined for any other. */
  function keepable({ value, tags }: Made<Value>): readonly string[] | undefined {
    const isSmall = codec.bytesOf(value) <= maxBytes * entryShare;
    return tags !== undefined && tags.length <= maxTags && isSmall && isHealthy() ? tags : undefined;
  }

  function remember(key: string, made: Made<Value>, since: number): void {
    const tags = keepable(made);
    if (tags === undefined) return;
    const { value } = made;
    memory.fill(key, { value, tags, bytes: codec.bytesOf(value), owner: codec.ownerOf(key) }, since);
  }

  async function read(key: string, make: () => Promise<Made<Value>>): Promise<Shared<Value>> {
    const since = memory.now();
    const isCurrent = (tags: readonly string[] | undefined) =>
      tags !== undefined && isHealthy() && memory.isUnchanged(tags, since);
    const looked = await look(key);
    if (looked?.found !== undefined) {
      const { text, tags } = looked.found;
      const made = { value: codec.fromText(text), tags };
      remember(key, made, since);
      return { ...made, outcome: 'HIT', isCurrent: () => isCurrent(tags) };
    }
    const made = await make();
    const { value, tags } = made;
    remember(key, made, since);
    const kept = keepable(made);
    if (looked !== undefined && kept !== undefined) {
      const share = { owner: codec.ownerOf(key), maxBytes: maxOwnerBytes };
      // Not awaited: a value that is not kept does no harm.
      void redis
        ?.keep(key, { text: codec.toText(value), tags: kept, share }, looked.timestamp)
        .catch(pauseRedis);
    }
    return { ...made, outcome: tags === undefined ? 'BYPASS' : 'MISS', isCurrent: () => isCurrent(tags) };
  }

  async function share(key: string, make: () => Promise<Made<Value>>): Promise<Shared<Value>> {
    const leader = inFlight.get(key);
    if (leader !== undefined) {
      const shared = await leader.catch(() => undefined);
      // A change after the leader began must be visible to this reader.
      return shared?.isCurrent() === true ? { ...shared, outcome: 'HIT' } : read(key, make);
    }
    const reading = read(key, make).finally(() => inFlight.delete(key));
    inFlight.set(key, reading);
    return reading;
  }

  return {
    peek(key) {
      const value = isHealthy() ? memory.get(key) : undefined;
      if (value !== undefined) counts.hit += 1;
      return value;
    },
    async get(key, make) {
      const { value, outcome } = isHealthy()
        ? await share(key, make)
        : { ...(await make()), outcome: 'BYPASS' as const };
      counts[lowercase[outcome]] += 1;
      return { value, outcome };
    },
    invalidate(tags) {
      memory.invalidate(tags);
      redis?.touch(tags).catch(() => feed?.requireReset());
    },
    counts: () => ({ ...counts, bytes: memory.bytes }),
    close() {
      feed?.stop();
    },
  };
}

const lowercase = { HIT: 'hit', MISS: 'miss', BYPASS: 'bypass' } as const;

/** A value that concurrent readers may share. `isCurrent`: whether nothing of it has changed since its read began. */
type Shared<Value> = Made<Value> & { outcome: Outcome; isCurrent: () => boolean };
