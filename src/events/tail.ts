import type { Bus } from './bus.ts';
import type { LoggedEvent, Stage } from './entries.ts';
import type { Stream } from './log.ts';
import type { StreamMessage } from './topics.ts';

/** Items that a tail keeps for its readers. A reader that is further behind reads the log. */
const ringSize = 512;
/** How often the log is read while the bus is silent. Without a bus, readers get events within 2 s. */
const silenceMs = 1_500;
/** Log entries that one read returns at most. */
export const pageSize = 200;

/** An event or a stage of a stream. `seq` is the cursor of a reader that has it. */
export type Item =
  | { kind: 'event'; seq: number; entry: LoggedEvent }
  | { kind: 'stage'; seq: number; stage: Stage };

/** The newest items of one stream, shared by all readers in this process. */
export type Tail = {
  /** @returns `seq` of the newest known entry. */
  newest(): number;
  /** @returns the position in the ring after `seq`; undefined if the ring begins later. */
  positionBehind(seq: number): number | undefined;
  /** @returns the items from a position on, and the next position; undefined if the ring begins later. */
  since(position: number): { items: Item[]; position: number } | undefined;
  /** Calls `wake` once, when there is more. @returns how to stop waiting. */
  onMore(wake: () => void): () => void;
  /** @returns whether the stream existed when the log was last read. */
  exists(): boolean;
  /** Reads the entries after the newest known one from the log. */
  refresh(): Promise<void>;
};

export type Tails = {
  /** Adds a reader to a stream. The first one subscribes to the bus for all of them. @throws if the log cannot be read. */
  join(stream: Stream): Promise<Tail & { leave(): void }>;
};

type OpenTail = { tail: Promise<Tail & { close(): void }>; readers: number };

/** The tails of all streams that have readers in this process. */
export function createTails(bus: Bus): Tails {
  const open = new Map<string, OpenTail>();
  return {
    async join(stream) {
      const { name } = stream.topic;
      const shared = open.get(name) ?? { tail: openTail(bus, stream), readers: 0 };
      open.set(name, shared);
      shared.readers += 1;
      const leave = () => {
        shared.readers -= 1;
        if (shared.readers > 0) return;
        open.delete(name);
        shared.tail.then(({ close }) => close()).catch(() => undefined);
      };
      try {
        return { ...(await shared.tail), leave };
      } catch (error) {
        leave();
        throw error;
      }
    },
  };
}

/** Subscribes to the bus before it reads the log's end, so that nothing is lost in between. */
async function openTail(bus: Bus, stream: Stream): Promise<Tail & { close(): void }> {
  const ring = createRing(stream.subjectOf);
  let waiting = new Set<() => void>();
  let newest = Number.NaN;
  let refreshing: Promise<void> | undefined;
  let missedEarly = false;
  let isThere = true;
  let timer: NodeJS.Timeout | undefined;

  function wakeReaders(): void {
    const woken = waiting;
    waiting = new Set();
    for (const wake of woken) wake();
  }

  function add(entry: LoggedEvent): void {
    newest = stream.seqOf(entry);
    ring.push({ kind: 'event', seq: newest, entry });
  }

  async function readOn(): Promise<void> {
    for (;;) {
      const entries = await stream.read(newest, pageSize);
      isThere = entries !== undefined;
      if (entries === undefined) return wakeReaders();
      // The bus may have delivered the same entries meanwhile.
      for (const entry of entries) if (stream.seqOf(entry) > newest) add(entry);
      if (entries.length > 0) wakeReaders();
      if (entries.length < pageSize) return;
    }
  }

  function refresh(): Promise<void> {
    refreshing ??= readOn().finally(() => (refreshing = undefined));
    return refreshing;
  }

  /** A failure is ignored: the next look tries again. */
  const look = () => void refresh().catch(() => undefined);

  function hear(message: StreamMessage): void {
    if (Number.isNaN(newest)) missedEarly = true;
    else if (message.kind === 'stage') ring.push({ kind: 'stage', seq: newest, stage: message.stage });
    else if (stream.seqOf(message.entry) === newest + 1) add(message.entry);
    else if (stream.seqOf(message.entry) > newest) return look();
    wakeReaders();
    timer?.refresh();
  }

  const unsubscribe = await bus.subscribe(stream.topic, (signal) => {
    if (signal.kind === 'message') hear(signal.message);
    else if (!Number.isNaN(newest)) look();
  });
  try {
    newest = await stream.newest();
  } catch (error) {
    unsubscribe();
    throw error;
  }
  ring.startBehind(newest);
  timer = setInterval(look, silenceMs).unref();
  if (missedEarly) look();

  return {
    newest: () => newest,
    exists: () => isThere,
    positionBehind: ring.positionBehind,
    since: ring.since,
    onMore: (wake) => {
      waiting.add(wake);
      return () => waiting.delete(wake);
    },
    refresh,
    close() {
      clearInterval(timer);
      unsubscribe();
    },
  };
}

/** Keeps the last items. Positions count from the first item that was ever pushed. */
function createRing(subjectOf: Stream['subjectOf']) {
  const items: (Item | undefined)[] = Array.from({ length: ringSize });
  /** Position of the newest stage of each subject. Readers that lag get only that one. */
  const stages = new Map<string, number>();
  let end = 0;
  /** `seq` of the newest entry that has left the ring. */
  let evictedSeq = 0;
  const at = (index: number) => items[index % ringSize];

  return {
    startBehind(seq: number) {
      evictedSeq = seq;
    },
    push(item: Item) {
      const evicted = at(end);
      if (evicted?.kind === 'event') evictedSeq = evicted.seq;
      else if (evicted !== undefined && stages.get(evicted.stage.subjectId) === end - ringSize)
        stages.delete(evicted.stage.subjectId);
      if (item.kind === 'stage') stages.set(item.stage.subjectId, end);
      else stages.delete(subjectOf(item.entry.event) ?? '');
      items[end % ringSize] = item;
      end += 1;
    },
    positionBehind(seq: number): number | undefined {
      if (seq < evictedSeq) return undefined;
      let position = end;
      while (position > 0 && position > end - ringSize && (at(position - 1)?.seq ?? 0) > seq) position -= 1;
      return position;
    },
    since(position: number) {
      if (position < end - ringSize) return undefined;
      const fresh: Item[] = [];
      for (let index = position; index < end; index += 1) {
        const item = at(index);
        const isOld = item?.kind === 'stage' && stages.get(item.stage.subjectId) !== index;
        if (item !== undefined && !isOld) fresh.push(item);
      }
      return { items: fresh, position: end };
    },
  };
}
