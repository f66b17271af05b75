import type { Bus } from '../events/bus.ts';
import { createMemoryLevel } from './memory-level.ts';
import type { RedisLevel } from './redis-level.ts';
import { watchFeed } from './feed-health.ts';

/** A value, and what it was made of. */
export type Made<Value> = {
  value: Value;
  /** Tags of all that it was made of (cache/tags.ts); undefined for what must not be kept. */
  tags: readonly string[] | undefined;
};

/** HIT: the value was there. MISS: it was made. BYPASS: it was made and must not be kept. */
export type Outcome = 'HIT' | 'MISS' | 'BYPASS';

export type CacheCounts = Record<Lowercase<Outcome>, number> & { bytes: number };

/**
 * A cache of two levels: the memory of this process, and Redis, which all instances share. A value is given until
 * something that it was made of is touched: here at once, elsewhere as soon as Redis has told. While this instance may
 * not hear of changes, no value is given. No value is given for longer than half a minute.
 */
export type Cache<Value> = {
  /** What memory has; counts as a hit. */
  peek(key: string): Value | undefined;
  /**
   * What Redis has, or else what is made. Those who ask for one key at the same time share one making.
   *
   * @param make reads and makes the value; what it throws is thrown to all who share it.
   */
  get(key: string, make: () => Promise<Made<Value>>): Promise<{ value: Value; outcome: Outcome }>;
  /** After the commit: nothing that was made of this is given any more. Never throws, never waits. */
  invalidate(tags: readonly string[]): void;
  /** Since the start. */
  counts(): CacheCounts;
  close(): void;
};

/** How Redis keeps values, how many bytes memory needs for one, and whose share of the space an entry takes. */
export type Codec<Value> = {
  ownerOf(key: string): string;
  toText(value: Value): string;
  fromText(text: string): Value;
  bytesOf(value: Value): number;
};

/** How long a value is kept: bounds the harm of a crash between commit and invalidation. */
export const ttlMs = 30_000;
const restMs = 1_000;
/** A value of more tags is not kept: it would not stay for long. */
const maxTags = 500;
/** What larger values, and one owner's together, may take of `maxBytes`: in memory, and the same in Redis. */
const largestEntry = 1 / 10;
const ownersShare = 1 / 4;

/** @param deps.redis absent in a single process, which knows of every change itself. */
export async function openCache<Value>(
  settings: { maxBytes: number; codec: Codec<Value> },
  deps: { bus: Bus; redis: RedisLevel | undefined },
): Promise<Cache<Value>> {
  const { codec, maxBytes } = settings;
  const { bus, redis } = deps;
  const maxOwnerBytes = Math.floor(maxBytes * ownersShare);
  const memory = createMemoryLevel<Value>({ maxBytes, maxOwnerBytes, ttlMs });
  const underWay = new Map<string, Promise<Shared<Value>>>();
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
  /** A single process hears of every change itself. */
  const isHealthy = () => feed?.isHealthy() ?? true;

  /** A Redis that does not answer is not asked for a while: every request would wait for it. */
  let restsUntil = 0;
  function rest(): undefined {
    restsUntil = performance.now() + restMs;
  }
  const look = async (key: string) =>
    performance.now() < restsUntil ? undefined : redis?.look(key).catch(rest);

  /** @returns the tags of what may be kept, by memory and by Redis alike. */
  function keepable({ value, tags }: Made<Value>): readonly string[] | undefined {
    const isSmall = codec.bytesOf(value) <= maxBytes * largestEntry;
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
      // Nobody waits for it, and nothing is wrong where it is not kept.
      void redis?.keep(key, { text: codec.toText(value), tags: kept, share }, looked.timestamp).catch(rest);
    }
    return { ...made, outcome: tags === undefined ? 'BYPASS' : 'MISS', isCurrent: () => isCurrent(tags) };
  }

  async function share(key: string, make: () => Promise<Made<Value>>): Promise<Shared<Value>> {
    const leader = underWay.get(key);
    if (leader !== undefined) {
      const shared = await leader.catch(() => undefined);
      // This reader may wait for a change that was made since the leader began.
      return shared?.isCurrent() === true ? { ...shared, outcome: 'HIT' } : read(key, make);
    }
    const reading = read(key, make).finally(() => underWay.delete(key));
    underWay.set(key, reading);
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

/** A value that several readers may be given, as long as nothing of it has changed since its reading began. */
type Shared<Value> = Made<Value> & { outcome: Outcome; isCurrent: () => boolean };
