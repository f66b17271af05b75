import { LRUCache } from 'lru-cache';

/**
 * The cache's level in this process. Bounded in bytes, in total and for each owner. Evicts the least recently used entries
 * first.
 */
export type MemoryLevel<Value> = {
  get(key: string): Value | undefined;
  /** The present logical timestamp, which counts invalidations. Taken before a read and passed to `fill`. */
  now(): number;
  /** Whether none of these tags was touched since a timestamp. */
  isUnchanged(tags: readonly string[], since: number): boolean;
  /** Keeps a value, unless one of its tags was touched since its read began. */
  fill(key: string, entry: Entry<Value>, since: number): void;
  invalidate(tags: readonly string[]): void;
  /** Forgets everything, and refuses values whose read has begun. */
  clear(): void;
  readonly bytes: number;
};

/** A value with its tags, its size, and the owner whose share it takes. */
type Entry<Value> = { value: Value; tags: readonly string[]; bytes: number; owner: string };
/** An owner's entries. Keys are in order of use, the least recent first. */
type Share = { keys: Set<string>; bytes: number };

/** Touched tags that are remembered. A read that began before the oldest of them is refused. */
const maxTouched = 20_000;
/** Estimated overhead of the maps. */
const bytesPerEntry = 200;
const bytesPerTag = 100;

/** @param options.ttlMs how long an entry is kept. */
export function createMemoryLevel<Value>(options: {
  maxBytes: number;
  maxOwnerBytes: number;
  ttlMs: number;
}): MemoryLevel<Value> {
  const entries = new LRUCache<string, Entry<Value>>({
    maxSize: options.maxBytes,
    sizeCalculation: ({ bytes }) => bytes,
    ttl: options.ttlMs,
    ttlResolution: 0,
    dispose: unlink,
  });
  const shares = new Map<string, Share>();
  const keysOf = new Map<string, Set<string>>();
  /** The timestamp at which each tag was last touched, oldest first. */
  const touchedAt = new Map<string, number>();
  let timestamp = 0;
  /** Tags touched before this timestamp are not known. */
  let knownSince = 0;

  function shareOf(owner: string): Share {
    let share = shares.get(owner);
    if (share === undefined) shares.set(owner, (share = { keys: new Set(), bytes: 0 }));
    return share;
  }

  /** Called after an entry is removed, for any reason. */
  function unlink(entry: Entry<Value>, key: string): void {
    const share = shareOf(entry.owner);
    share.keys.delete(key);
    share.bytes -= entry.bytes;
    if (share.keys.size === 0) shares.delete(entry.owner);
    for (const tag of entry.tags) {
      const keys = keysOf.get(tag);
      keys?.delete(key);
      if (keys?.size === 0) keysOf.delete(tag);
    }
  }

  const isUnchanged = (tags: readonly string[], since: number) =>
    since >= knownSince && tags.every((tag) => (touchedAt.get(tag) ?? 0) <= since);

  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      const { keys } = shareOf(entry.owner);
      keys.delete(key);
      keys.add(key);
      return entry.value;
    },
    now: () => timestamp,
    isUnchanged,
    fill(key, { value, tags, bytes: size, owner }, since) {
      const whole = size + 2 * key.length + bytesPerEntry + bytesPerTag * tags.length;
      if (whole > options.maxOwnerBytes || !isUnchanged(tags, since)) return;
      entries.set(key, { value, tags, bytes: whole, owner });
      const share = shareOf(owner);
      share.keys.add(key);
      share.bytes += whole;
      for (const tag of tags) {
        const keys = keysOf.get(tag);
        if (keys === undefined) keysOf.set(tag, new Set([key]));
        else keys.add(key);
      }
      for (const oldest of share.keys) {
        if (share.bytes <= options.maxOwnerBytes) break;
        entries.delete(oldest);
      }
    },
    invalidate(tags) {
      timestamp += 1;
      for (const tag of tags) {
        touchedAt.delete(tag);
        touchedAt.set(tag, timestamp);
        for (const key of keysOf.get(tag) ?? []) entries.delete(key);
      }
      for (const [oldest, at] of touchedAt) {
        if (touchedAt.size <= maxTouched) break;
        touchedAt.delete(oldest);
        knownSince = at;
      }
    },
    clear() {
      timestamp += 1;
      knownSince = timestamp;
      entries.clear();
      touchedAt.clear();
    },
    get bytes() {
      return entries.calculatedSize;
    },
  };
}
