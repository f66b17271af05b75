import { isFinal, type LoggedEvent, type PostStage } from '../domain/batch-events.ts';
import type { Bus, BusSignal } from './bus.ts';
import type { EventLog } from './log.ts';

const pageSize = 200;
/** A reader that falls further behind than this goes back to the log instead of being buffered for. */
const maxBuffered = 500;
/** How long a reader trusts a silent bus before it looks at the log itself. */
const patienceMs = 2_000;

export type Followed = { kind: 'event'; entry: LoggedEvent } | { kind: 'stage'; stage: PostStage };

/**
 * Follows a batch from a cursor to its end: every stored event once and in order, first from the log, then
 * live, with finer stages in between. It attaches to the bus before it reads the log and drops what it has
 * seen, so nothing falls between the two; a hole in `seq` is filled from the log.
 *
 * @param after the newest `seq` that the reader has; 0 for none.
 * @param signal ends the iteration at once.
 */
export async function* follow(
  deps: { bus: Bus; log: EventLog },
  batchId: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<Followed, void, undefined> {
  const inbox = createInbox();
  const unsubscribe = await deps.bus.subscribe(batchId, inbox.push);
  signal.addEventListener('abort', inbox.wake);
  let seen = after;
  let readLog = true;
  let isOver = false;
  try {
    while (!signal.aborted) {
      if (readLog) {
        const entries = await deps.log.read(batchId, seen, pageSize);
        for (const entry of entries) {
          seen = entry.seq;
          isOver = isFinal(entry.event);
          yield { kind: 'event', entry };
        }
        // A final event is the end only where nothing follows it: retried posts reopen a batch.
        if (isOver && entries.length === 0) return;
        readLog = isOver || entries.length === pageSize;
        continue;
      }
      const message = inbox.shift();
      if (message === undefined) {
        readLog = (await inbox.wait(patienceMs)) === 'timeout' || inbox.takeOverflow();
      } else if (message.kind === 'stage') {
        yield message;
      } else if (message.kind === 'lost' || message.entry.seq > seen + 1) {
        readLog = true;
      } else if (message.entry.seq === seen + 1) {
        seen = message.entry.seq;
        isOver = isFinal(message.entry.event);
        readLog = isOver;
        yield message;
      }
    }
  } finally {
    signal.removeEventListener('abort', inbox.wake);
    unsubscribe();
  }
}

/** A bounded queue with one reader. Past its bound it forgets everything and says so. */
function createInbox() {
  let messages: BusSignal[] = [];
  let overflowed = false;
  let wakeReader: (() => void) | undefined;
  const wake = () => wakeReader?.();
  return {
    push(message: BusSignal) {
      if (messages.length >= maxBuffered) {
        messages = [];
        overflowed = true;
      } else {
        messages.push(message);
      }
      wake();
    },
    shift: () => messages.shift(),
    wake,
    takeOverflow() {
      const was = overflowed;
      overflowed = false;
      return was;
    },
    /** Resolves at the next push, at `wake`, or after `timeoutMs`. */
    wait(timeoutMs: number): Promise<'woken' | 'timeout'> {
      if (messages.length > 0 || overflowed) return Promise.resolve('woken');
      return new Promise((resolve) => {
        const timer = setTimeout(() => done('timeout'), timeoutMs);
        const done = (outcome: 'woken' | 'timeout') => {
          clearTimeout(timer);
          wakeReader = undefined;
          resolve(outcome);
        };
        wakeReader = () => done('woken');
      });
    },
  };
}
