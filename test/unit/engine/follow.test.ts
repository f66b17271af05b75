import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createLocalBus, type Bus } from '../../../src/events/bus.ts';
import type { LoggedEvent } from '../../../src/events/entries.ts';
import { follow } from '../../../src/events/follow.ts';
import type { Stream } from '../../../src/events/log.ts';
import { createTails } from '../../../src/events/tail.ts';
import { announce, announceStage, streamTopic } from '../../../src/events/topics.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

const [streamId, ownerId] = [crypto.randomUUID(), crypto.randomUUID()];

function entry(seq: number, last: boolean): LoggedEvent {
  const event = { type: last ? 'OVER' : 'GOES_ON' };
  return { streamId, seq, ownerId, userSeq: seq, createdAt: new Date(0), event };
}

/**
 * A stream of `total` entries, of which `visible()` are committed by now and those up to `pruned` gone, and a
 * bus beside it.
 */
function streamOf(total: number, visible: () => number, pruned = 0) {
  const bus = createLocalBus();
  let listeners = 0;
  const subscribe: Bus['subscribe'] = async (subject, listener) => {
    const unsubscribe = await bus.subscribe(subject, listener);
    listeners += 1;
    return () => {
      listeners -= 1;
      unsubscribe();
    };
  };
  const tails = createTails({ ...bus, subscribe });
  const reads: number[] = [];
  const stream: Stream = {
    name: 'batch',
    topic: streamTopic(streamId),
    isFinal: ({ type }) => type === 'OVER',
    subjectOf: () => undefined,
    seqOf: ({ seq }) => seq,
    newest: async () => visible(),
    read: async (after, limit) => {
      reads.push(after);
      const seqs = Array.from({ length: visible() }, (_, index) => index + 1);
      return seqs
        .filter((seq) => seq > Math.max(after, pruned))
        .slice(0, limit)
        .map((seq) => entry(seq, seq === total));
    },
  };
  const publish = (seq: number) => announce(bus, [entry(seq, seq === total)]);
  const tellStage = (subjectId: string, stage: string) =>
    announceStage(bus, { streamId, ownerId, subjectId, stage, at: new Date(0) });
  /** Every item by itself. */
  async function* items(signal = new AbortController().signal) {
    for await (const page of follow(tails, stream, { after: 0, signal }))
      yield* Array.isArray(page) ? page : [page];
  }
  return { items, reads, publish, tellStage, tails, stream, listeners: () => listeners };
}

type Told = { kind: string; seq: number };

const seqs = (told: Told[]) => told.flatMap(({ kind, seq }) => (kind === 'event' ? [seq] : []));
const oneTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

it('reads a finished batch from the log, page by page', async () => {
  const { items } = streamOf(1_000, () => 1_000);
  expect(seqs(await Array.fromAsync(items()))).toEqual(oneTo(1_000));
});

it('tells an event once that stands in the log and comes over the bus as well', async () => {
  let committed = 1;
  const { items, publish } = streamOf(3, () => committed);
  const followed: Told[] = [];
  for await (const item of items()) {
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
  const { items, publish } = streamOf(5, () => committed);
  const followed: Told[] = [];
  for await (const item of items()) {
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
  const { items, publish, reads } = streamOf(total, () => committed);
  const followed: Told[] = [];
  for await (const item of items()) {
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
  const { items } = streamOf(2, () => committed);
  const following = items();
  expect((await following.next()).value).toMatchObject({ seq: 1 });
  committed = 2;
  expect((await following.next()).value).toMatchObject({ seq: 2 });
});

it('ends as soon as the reader leaves, and stops listening', async () => {
  const { items, listeners } = streamOf(9, () => 1);
  const leaving = new AbortController();
  const following = items(leaving.signal);
  await following.next();
  expect(listeners()).toBe(1);
  const next = following.next();
  leaving.abort();
  expect(await next).toEqual({ done: true, value: undefined });
  await waitUntil('nobody to listen', () => listeners() === 0);
});

it('forgets a reader who leaves while it waits, also where others stay', async () => {
  const { tails, stream } = streamOf(2, () => 1);
  const stays = await tails.join(stream);
  let waiting = 0;
  const counted = (wake: () => void) => {
    const stop = stays.onMore(wake);
    waiting += 1;
    return () => {
      waiting -= 1;
      stop();
    };
  };
  const reader = new AbortController();
  const options = { after: 1, signal: reader.signal };
  const pages = follow({ join: async () => ({ ...stays, onMore: counted }) }, stream, options);
  const next = pages.next();
  await waitUntil('the reader to wait', () => waiting === 1);
  reader.abort();

  expect(await next).toEqual({ done: true, value: undefined });
  expect(waiting).toBe(0);
});

it('tells a reader who lags only the newest step of each subject', async () => {
  const { items, publish, tellStage } = streamOf(3, () => 1);
  const leaving = new AbortController();
  const following = items(leaving.signal);
  await following.next();
  const live = following.next();
  // The reader has caught up as soon as it is told of something that the log does not have.
  await waitUntil('the second event', async () => {
    publish(2);
    return (await Promise.race([live, delay(1)])) !== undefined;
  });
  const [first, second] = [crypto.randomUUID(), crypto.randomUUID()];
  tellStage(first, 'STARTED');
  tellStage(second, 'STARTED');
  tellStage(first, 'CAPTION_READY');
  const steps = [(await following.next()).value, (await following.next()).value];
  expect(
    steps.map((item) => (item?.kind === 'stage' ? [item.stage.subjectId, item.stage.stage] : [])),
  ).toEqual([
    [second, 'STARTED'],
    [first, 'CAPTION_READY'],
  ]);
  leaving.abort();
  await following.return();
});

it('says how much is missing where history was pruned, and goes on with what is there', async () => {
  const { items } = streamOf(6, () => 6, 4);
  const told = await Array.fromAsync(items());
  expect(told.map(({ kind, seq }) => [kind, seq])).toEqual([
    ['gap', 4],
    ['event', 5],
    ['event', 6],
  ]);
});

it('readers of one stream share what is read of its newest end', async () => {
  let committed = 1;
  const { items, reads } = streamOf(2, () => committed);
  const leaving = new AbortController();
  const readers = Array.from({ length: 20 }, () => items(leaving.signal));
  await Promise.all(readers.map((reader) => reader.next()));
  const before = reads.length;
  committed = 2;
  await Promise.all(readers.map((reader) => reader.next()));
  expect(reads.length - before).toBeLessThan(5);
  leaving.abort();
  await Promise.all(readers.map((reader) => reader.return()));
});
