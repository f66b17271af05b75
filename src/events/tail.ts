import type { LoggedEvent, PostStage } from '../domain/batches/events.ts';
import type { Bus } from './bus.ts';
import type { Stream } from './log.ts';
import type { StreamMessage } from './topics.ts';

/** Entries and stages that a stream keeps for its readers here. Readers who are further behind read the log. */
const ringSize = 512;
/** How long the bus may be silent before the log is read: readers without a bus hear within 2 s. */
const patienceMs = 1_500;
export const pageSize = 200;

/** One piece of a stream. `seq` is the cursor of a reader who has it. */
export type Item =
  | { kind: 'event'; seq: number; entry: LoggedEvent }
  | { kind: 'stage'; seq: number; stage: PostStage };

/** The newest end of one stream in this process, shared by all of its readers here. */
export type Tail = {
  /** @returns `seq` of the newest entry known. */
  newest(): number;
  /** @returns the index in the ring of the entry behind `seq`, which may not be there yet; undefined when the ring begins later. */
  positionBehind(seq: number): number | undefined;
  /** @returns what came since that index; undefined when the reader has fallen behind the ring. */
  since(position: number): { items: Item[]; position: number } | undefined;
  /** Calls `wake` once, as soon as there is more. */
  onMore(wake: () => void): void;
  /** Reads what the log has behind the newest entry known. */
  refresh(): Promise<void>;
};

export type Tails = {
  /** Joins the readers of a stream. The first one subscribes to the bus for all of them. */
  join(stream: Stream): Promise<Tail & { leave(): void }>;
};

type OpenTail = { tail: Promise<Tail & { close(): void }>; readers: number };

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

/** Subscribes to the bus first, so that nothing is lost between the log's end and the first message. */
async function openTail(bus: Bus, stream: Stream): Promise<Tail & { close(): void }> {
  const ring = createRing();
  let waiting: (() => void)[] = [];
  let newest = Number.NaN;
  let refreshing: Promise<void> | undefined;
  let missedEarly = false;
  let timer: NodeJS.Timeout | undefined;

  function wakeReaders(): void {
    const woken = waiting;
    waiting = [];
    for (const wake of woken) wake();
  }

  function add(entry: LoggedEvent): void {
    newest = stream.seqOf(entry);
    ring.push({ kind: 'event', seq: newest, entry });
  }

  async function readOn(): Promise<void> {
    for (;;) {
      const entries = await stream.read(newest, pageSize);
      // The bus may have told the same while the log was read.
      for (const entry of entries) if (stream.seqOf(entry) > newest) add(entry);
      if (entries.length > 0) wakeReaders();
      if (entries.length < pageSize) return;
    }
  }

  function refresh(): Promise<void> {
    refreshing ??= readOn().finally(() => (refreshing = undefined));
    return refreshing;
  }

  /** When the database is away, the next look tries again. */
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
  timer = setInterval(look, patienceMs).unref();
  if (missedEarly) look();

  return {
    newest: () => newest,
    positionBehind: ring.positionBehind,
    since: ring.since,
    onMore: (wake) => {
      waiting.push(wake);
    },
    refresh,
    close() {
      clearInterval(timer);
      unsubscribe();
    },
  };
}

/** The last items, by an index that counts from the first one ever pushed. */
function createRing() {
  const items: (Item | undefined)[] = Array.from({ length: ringSize });
  /** Index of the newest stage of each post: a reader who lags is told that one only. */
  const stages = new Map<string, number>();
  let end = 0;
  /** `seq` of the newest entry that has left the ring. */
  let gone = 0;
  const at = (index: number) => items[index % ringSize];

  return {
    startBehind(seq: number) {
      gone = seq;
    },
    push(item: Item) {
      const evicted = at(end);
      if (evicted?.kind === 'event') gone = evicted.seq;
      else if (evicted !== undefined && stages.get(evicted.stage.postId) === end - ringSize)
        stages.delete(evicted.stage.postId);
      if (item.kind === 'stage') stages.set(item.stage.postId, end);
      else if ('postId' in item.entry.event) stages.delete(item.entry.event.postId);
      items[end % ringSize] = item;
      end += 1;
    },
    positionBehind(seq: number): number | undefined {
      if (seq < gone) return undefined;
      let position = end;
      while (position > 0 && position > end - ringSize && (at(position - 1)?.seq ?? 0) > seq) position -= 1;
      return position;
    },
    since(position: number) {
      if (position < end - ringSize) return undefined;
      const fresh: Item[] = [];
      for (let index = position; index < end; index += 1) {
        const item = at(index);
        const isOld = item?.kind === 'stage' && stages.get(item.stage.postId) !== index;
        if (item !== undefined && !isOld) fresh.push(item);
      }
      return { items: fresh, position: end };
    },
  };
}
