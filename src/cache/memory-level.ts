import { LRUCache } from 'lru-cache';

/**
 * What a cache keeps in this process, bounded by bytes, and so is what one owner has of it; what was used longest ago goes
 * first.
 */
export type MemoryLevel<Value> = {
  get(key: string): Value | undefined;
  /** The moment before a read begins: `fill` is told, so that it can refuse what was read too early. */
  now(): number;
  /** Whether nothing of this has changed since a moment. */
  isUnchanged(tags: readonly string[], since: number): boolean;
  /** Keeps a value, unless something of it has changed since its read began. */
  fill(key: string, entry: Filling<Value>, since: number): void;
  invalidate(tags: readonly string[]): void;
  /** Forgets everything, and refuses what is being read. */
  clear(): void;
  readonly bytes: number;
};

/** A value, what it was made of, how many bytes it takes, and whose share of the space. */
type Filling<Value> = { value: Value; tags: readonly string[]; bytes: number; owner: string };
/** What an owner has: the keys, the one that was used longest ago first. */
type Share = { keys: Set<string>; bytes: number };

/** Changes that are remembered; a read that began before all of them is refused. */
const maxChanges = 20_000;
/** What an entry takes beside its value: its place in the maps, for each tag. */
const bytesAnEntry = 200;
const bytesATag = 100;

export function createMemoryLevel<Value>(options: {
  maxBytes: number;
  maxOwnerBytes: number;
  ttlMs: number;
}): MemoryLevel<Value> {
  const entries = new LRUCache<string, Filling<Value>>({
    maxSize: options.maxBytes,
    sizeCalculation: ({ bytes }) => bytes,
    ttl: options.ttlMs,
    ttlResolution: 0,
    dispose: unlink,
  });
  const shares = new Map<string, Share>();
  const keysOf = new Map<string, Set<string>>();
  /** When each tag was last touched, oldest first. */
  const changedAt = new Map<string, number>();
  let moment = 0;
  /** Nothing is known of changes before it. */
  let floor = 0;

  function shareOf(owner: string): Share {
    let share = shares.get(owner);
    if (share === undefined) shares.set(owner, (share = { keys: new Set(), bytes: 0 }));
    return share;
  }

  /** Follows the removal of an entry, whatever the reason. */
  function unlink(entry: Filling<Value>, key: string): void {
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
    since >= floor && tags.every((tag) => (changedAt.get(tag) ?? 0) <= since);

  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      const { keys } = shareOf(entry.owner);
      keys.delete(key);
      keys.add(key);
      return entry.value;
    },
    now: () => moment,
    isUnchanged,
    fill(key, { value, tags, bytes: size, owner }, since) {
      const whole = size + 2 * key.length + bytesAnEntry + bytesATag * tags.length;
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
      moment += 1;
      for (const tag of tags) {
        changedAt.delete(tag);
        changedAt.set(tag, moment);
        for (const key of keysOf.get(tag) ?? []) entries.delete(key);
      }
      for (const [oldest, at] of changedAt) {
        if (changedAt.size <= maxChanges) break;
        changedAt.delete(oldest);
        floor = at;
      }
    },
    clear() {
      moment += 1;
      floor = moment;
      entries.clear();
      changedAt.clear();
    },
    get bytes() {
      return entries.calculatedSize;
    },
  };
}
