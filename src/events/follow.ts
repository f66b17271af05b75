import { NotFoundError } from '../domain/errors/errors.ts';
import { keepReading } from '../store/keep-trying.ts';
import type { Stream } from './log.ts';
import { pageSize, type Item, type Tails } from './tail.ts';

/** The events up to `seq` that the reader does not have are pruned. */
export type Gap = { kind: 'gap'; seq: number };

/** A page holds what is available at once. */
export type Pages = AsyncGenerator<Item[] | Gap, void, undefined>;

/**
 * Follows a stream from a cursor: every stored event once and in order, first from the log, then live, with stages in
 * between. A reader that falls behind the tail reads the log again, at its own pace.
 *
 * @param options.after the newest `seq` that the reader has; 0 for none.
 * @param options.signal ends the iteration at once.
 * @throws RetryableError if the log cannot be read for three seconds; NotFoundError if what it tells of was deleted before its end was read.
 */
export async function* follow(
  tails: Tails,
  stream: Stream,
  { after, signal }: { after: number; signal: AbortSignal },
): Pages {
  const patiently = <T>(read: () => Promise<T>) => keepReading(read, signal);
  const tail = await patiently(() => tails.join(stream));
  let seen = after;
  let isOver = false;
  let wake: (() => void) | undefined;
  const leave = () => wake?.();
  signal.addEventListener('abort', leave);
  try {
    let position = tail.positionBehind(seen);
    while (!signal.aborted) {
      const live = position === undefined ? undefined : tail.since(position);
      if (live === undefined) {
        const newest = tail.newest();
        const from = seen;
        const entries = await patiently(() => stream.read(from, pageSize));
        if (entries === undefined) throw gone(stream);
        const [first] = entries;
        // If everything is pruned, no entry shows the gap.
        const gapUpTo = first === undefined ? newest : stream.seqOf(first) - 1;
        if (gapUpTo > seen) {
          seen = gapUpTo;
          yield { kind: 'gap', seq: seen };
        }
        const last = entries.at(-1);
        if (last !== undefined) {
          seen = stream.seqOf(last);
          isOver = stream.isFinal(last.event);
          yield entries.map((entry) => ({ kind: 'event', seq: stream.seqOf(entry), entry }));
        }
        position = tail.positionBehind(seen);
        continue;
      }
      position = live.position;
      const from = seen;
      const fresh = live.items.filter((item) => isNews(item, from));
      const last = fresh.findLast((item) => item.kind === 'event');
      if (last !== undefined) {
        seen = last.seq;
        isOver = stream.isFinal(last.entry.event);
      }
      if (fresh.length > 0) yield fresh;
      else if (isOver) {
        // A final event is the end only when nothing follows it: retried posts reopen a batch.
        await patiently(() => tail.refresh());
        if (tail.newest() <= seen) return;
      } else {
        if (!tail.exists()) throw gone(stream);
        const more = Promise.withResolvers<void>();
        wake = more.resolve;
        const stopWaiting = tail.onMore(more.resolve);
        await more.promise;
        stopWaiting();
      }
    }
  } finally {
    signal.removeEventListener('abort', leave);
    tail.leave();
  }
}

const gone = ({ name }: Stream) => new NotFoundError(name, `${name}Id`);

/** Skips what the reader has. An old stage would move its cursor backwards. */
function isNews(item: Item, seen: number): boolean {
  return item.kind === 'event' ? item.seq > seen : item.seq >= seen;
}
