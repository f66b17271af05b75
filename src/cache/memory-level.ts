/** What a cache keeps in this process, bounded by bytes; what was used longest ago goes first. */
export type MemoryLevel<Value> = {
  get(key: string): Value | undefined;
  /** The moment before a read begins: `fill` is told, so that it can refuse what was read too early. */
  now(): number;
  /** Whether nothing of this has changed since a moment. */
  isUnchanged(tags: readonly string[], since: number): boolean;
  /** Keeps a value, unless something of it has changed since its read began. */
  fill(key: string, entry: { value: Value; tags: readonly string[]; bytes: number }, since: number): void;
  invalidate(tags: readonly string[]): void;
  /** Forgets everything, and refuses what is being read. */
  clear(): void;
  readonly bytes: number;
};

type Entry<Value> = { value: Value; tags: readonly string[]; bytes: number; until: number };

/** Changes that are remembered; a read that began before all of them is refused. */
const maxChanges = 20_000;
/** What an entry takes beside its value: its place in the maps, for each tag. */
const bytesAnEntry = 200;
const bytesATag = 100;

export function createMemoryLevel<Value>(options: { maxBytes: number; ttlMs: number }): MemoryLevel<Value> {
  const entries = new Map<string, Entry<Value>>();
  const keysOf = new Map<string, Set<string>>();
  /** When each tag was last touched, oldest first. */
  const changedAt = new Map<string, number>();
  let moment = 0;
  /** Nothing is known of changes before it. */
  let floor = 0;
  let bytes = 0;

  function remove(key: string, entry: Entry<Value>): void {
    entries.delete(key);
    bytes -= entry.bytes;
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
      if (entry.until <= performance.now()) {
        remove(key, entry);
        return undefined;
      }
      entries.delete(key);
      entries.set(key, entry);
      return entry.value;
    },
    now: () => moment,
    isUnchanged,
    fill(key, { value, tags, bytes: size }, since) {
      const whole = size + 2 * key.length + bytesAnEntry + bytesATag * tags.length;
      if (!isUnchanged(tags, since) || whole > options.maxBytes / 10) return;
      const known = entries.get(key);
      if (known !== undefined) remove(key, known);
      entries.set(key, { value, tags, bytes: whole, until: performance.now() + options.ttlMs });
      bytes += whole;
      for (const tag of tags) {
        const keys = keysOf.get(tag);
        if (keys === undefined) keysOf.set(tag, new Set([key]));
        else keys.add(key);
      }
      for (const [oldest, entry] of entries) {
        if (bytes <= options.maxBytes) break;
        remove(oldest, entry);
      }
    },
    invalidate(tags) {
      moment += 1;
      for (const tag of tags) {
        changedAt.delete(tag);
        changedAt.set(tag, moment);
        for (const key of keysOf.get(tag) ?? []) {
          const entry = entries.get(key);
          if (entry !== undefined) remove(key, entry);
        }
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
      keysOf.clear();
      changedAt.clear();
      bytes = 0;
    },
    get bytes() {
      return bytes;
    },
  };
}
