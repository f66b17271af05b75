import { isFinal } from '../domain/batches/events.ts';
import type { Stream } from './log.ts';
import { pageSize, type Item, type Tails } from './tail.ts';

/** Everything up to `seq` that the reader does not have is pruned. */
export type Gap = { kind: 'gap'; seq: number };

/**
 * Follows a stream from a cursor: every stored event once and in order, first from the log, then live, with
 * finer stages in between. A reader who falls behind what is kept for all goes back to the log at its own
 * pace. Pages hold what there is at once; an empty one says that the reader has everything by now.
 *
 * @param options.after the newest place that the reader has; 0 for none.
 * @param options.ends whether the stream ends with a final event that nothing follows.
 * @param options.signal ends the iteration at once.
 */
export async function* follow(
  tails: Tails,
  stream: Stream,
  options: { after: number; ends: boolean; signal: AbortSignal },
): AsyncGenerator<Item[] | Gap, void, undefined> {
  const { ends, signal } = options;
  const tail = await tails.join(stream);
  let seen = options.after;
  let isOver = false;
  let isLive = false;
  let wake: (() => void) | undefined;
  const leave = () => wake?.();
  signal.addEventListener('abort', leave);
  try {
    let position = tail.positionBehind(seen);
    while (!signal.aborted) {
      const live = position === undefined ? undefined : tail.since(position);
      if (live === undefined) {
        isLive = false;
        const newest = tail.newest();
        const entries = await stream.read(seen, pageSize);
        const [first] = entries;
        // Where all of it is pruned, there is no entry to tell so.
        const gapUpTo = first === undefined ? newest : stream.seqOf(first) - 1;
        if (gapUpTo > seen) {
          seen = gapUpTo;
          yield { kind: 'gap', seq: seen };
        }
        const last = entries.at(-1);
        if (last !== undefined) {
          seen = stream.seqOf(last);
          isOver = ends && isFinal(last.event);
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
        isOver = ends && isFinal(last.entry.event);
      }
      if (fresh.length > 0) yield fresh;
      else if (isOver) {
        // A final event is the end only where nothing follows it: retried posts reopen a batch.
        await tail.refresh();
        if (tail.newest() <= seen) return;
      } else if (!isLive) {
        isLive = true;
        yield [];
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
          tail.onMore(resolve);
        });
      }
    }
  } finally {
    signal.removeEventListener('abort', leave);
    tail.leave();
  }
}

/** A stage from before what the reader has read in the log would lead its cursor back. */
function isNews(item: Item, seen: number): boolean {
  return item.kind === 'event' ? item.seq > seen : item.seq >= seen;
}
