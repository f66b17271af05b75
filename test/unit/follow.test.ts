import { expect, it } from 'vitest';
import type { LoggedEvent } from '../../src/domain/batch-events.ts';
import { createLocalBus } from '../../src/events/bus.ts';
import { follow, type Followed } from '../../src/events/follow.ts';

const batchId = crypto.randomUUID();
const counts = { postCount: 0, completedCount: 0, failedCount: 0, cancelledCount: 0 };

function entry(seq: number, last: boolean): LoggedEvent {
  const type = last ? ('BATCH_COMPLETED' as const) : ('BATCH_STARTED' as const);
  return { batchId, seq, createdAt: new Date(0), event: { type, ...counts } };
}

/** A log of `total` entries, of which `visible()` are committed by now, and a bus beside it. */
function batchOf(total: number, visible: () => number) {
  const bus = createLocalBus();
  const reads: number[] = [];
  const log = {
    read: async (_batchId: string, after: number, limit: number) => {
      reads.push(after);
      const seqs = Array.from({ length: visible() }, (_, index) => index + 1);
      return seqs
        .filter((seq) => seq > after)
        .slice(0, limit)
        .map((seq) => entry(seq, seq === total));
    },
  };
  const publish = (seq: number) => bus.publish(batchId, { kind: 'event', entry: entry(seq, seq === total) });
  return { bus, log, reads, publish };
}

const seqs = (followed: Followed[]) =>
  followed.flatMap((item) => (item.kind === 'event' ? [item.entry.seq] : []));
const oneTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const never = new AbortController().signal;

it('reads a finished batch from the log, page by page', async () => {
  const { bus, log } = batchOf(1_000, () => 1_000);
  expect(seqs(await Array.fromAsync(follow({ bus, log }, batchId, 0, never)))).toEqual(oneTo(1_000));
});

it('tells an event once that stands in the log and comes over the bus as well', async () => {
  let committed = 1;
  const { bus, log, publish } = batchOf(3, () => committed);
  const followed: Followed[] = [];
  for await (const item of follow({ bus, log }, batchId, 0, never)) {
    followed.push(item);
    if (committed < 3) {
      committed += 1;
      publish(committed - 1);
      publish(committed);
    }
  }
  expect(seqs(followed)).toEqual([1, 2, 3]);
});

it('fills a hole in what the bus brought from the log', async () => {
  let committed = 1;
  const { bus, log, publish } = batchOf(5, () => committed);
  const followed: Followed[] = [];
  for await (const item of follow({ bus, log }, batchId, 0, never)) {
    followed.push(item);
    if (committed === 1) {
      committed = 5;
      publish(5);
    }
  }
  expect(seqs(followed)).toEqual([1, 2, 3, 4, 5]);
});

it('keeps no unbounded buffer for a slow reader, who still misses nothing', async () => {
  const total = 5_000;
  let committed = 1;
  const { bus, log, publish, reads } = batchOf(total, () => committed);
  const followed: Followed[] = [];
  for await (const item of follow({ bus, log }, batchId, 0, never)) {
    followed.push(item);
    if (committed === 1) {
      committed = total;
      oneTo(total).forEach(publish);
    }
  }
  expect(seqs(followed)).toEqual(oneTo(total));
  expect(reads.length).toBeGreaterThan(10);
});

it('finds what the bus never told', async () => {
  let committed = 1;
  const { bus, log } = batchOf(2, () => committed);
  const following = follow({ bus, log }, batchId, 0, never);
  expect((await following.next()).value).toMatchObject({ entry: { seq: 1 } });
  committed = 2;
  expect((await following.next()).value).toMatchObject({ entry: { seq: 2 } });
});

it('ends as soon as the reader leaves, and stops listening', async () => {
  const { bus, log, publish } = batchOf(9, () => 1);
  const leaving = new AbortController();
  const following = follow({ bus, log }, batchId, 0, leaving.signal);
  await following.next();
  const next = following.next();
  leaving.abort();
  expect(await next).toEqual({ done: true, value: undefined });
  publish(2);
});
