import { afterAll, beforeAll, expect, inject } from 'vitest';
import { appendToStream } from '../../../src/events/append.ts';
import { createLocalBus, type Bus } from '../../../src/events/bus.ts';
import type { AnyEvent } from '../../../src/events/entries.ts';
import { follow } from '../../../src/events/follow.ts';
import { createEventLog } from '../../../src/events/log.ts';
import { createRedisBus } from '../../../src/events/redis-bus.ts';
import type { StreamKind } from '../../../src/events/stream-kind.ts';
import { createTails } from '../../../src/events/tail.ts';
import { announce, announceStage } from '../../../src/events/topics.ts';
import { createProgress, type Updates } from '../../../src/services/progress/progress.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { test } from '../../support/fixtures.ts';
import type { Workshop } from '../../support/workshop.ts';

/** A book that is read page by page. Its types are not in GraphQL. */
const books: StreamKind = {
  name: 'book',
  parseEvent: (event) => event,
  parseStage: (stage) => stage,
  isFinal: ({ type }) => type === 'BOOK_READ',
  subjectOf: () => undefined,
};
const page = (number: number) => ({ type: 'PAGE_READ', number });
const end = { type: 'BOOK_READ' };

/** The buses of the process that writes and of the one that reads: one process where the suite is embedded. */
let writing: Bus;
let reading: Bus;
beforeAll(async () => {
  const isEmbedded = inject('backend') === 'embedded';
  const open = async () => createRedisBus(inject('redisUrl'), createLogger('silent'));
  writing = isEmbedded ? createLocalBus() : await open();
  reading = isEmbedded ? writing : await open();
});
afterAll(() => Promise.all([writing.close(), reading.close()]));

/** Appends in a transaction of the writing process, and tells the other one. */
async function append(workshop: Workshop, stream: { id: string; ownerId: string }, events: AnyEvent[]) {
  announce(writing, await workshop.elsewhere.transaction((tx) => appendToStream(tx, stream, events)));
}

const { signal } = new AbortController();

test('a stream of another kind is followed live, and gone on with behind a cursor without a gap', async ({
  workshop,
}) => {
  const { viewer } = await workshop.addAccount();
  const stream = { id: crypto.randomUUID(), ownerId: viewer.workspaceId };
  const tails = createTails(reading);
  const book = createEventLog(workshop.database).stream(books, stream.id);
  const told: [seq: number, event: AnyEvent][] = [];
  const read = async (after: number, upTo: number) => {
    for await (const items of follow(tails, book, { after, signal })) {
      if (!Array.isArray(items)) throw new Error('a gap');
      for (const item of items) if (item.kind === 'event') told.push([item.seq, item.entry.event]);
      const [last] = told.at(-1) ?? [0];
      if (last === 2) await append(workshop, stream, [page(3)]);
      if (last >= upTo) return;
    }
  };
  await append(workshop, stream, [page(1), page(2)]);
  await read(0, 3);
  await append(workshop, stream, [page(4)]);
  await append(workshop, stream, [end]);
  await read(3, Infinity);
  expect(told).toEqual([
    [1, page(1)],
    [2, page(2)],
    [3, page(3)],
    [4, page(4)],
    [5, end],
  ]);
});

test('who follows a stream of another kind that is deleted is told that it is gone', async ({ workshop }) => {
  const { viewer } = await workshop.addAccount();
  const stream = { id: crypto.randomUUID(), ownerId: viewer.workspaceId };
  await append(workshop, stream, [page(1)]);
  const book = createEventLog(workshop.database).stream(books, stream.id);
  const pages = follow(createTails(reading), book, { after: 0, signal });
  expect((await pages.next()).value).toMatchObject([{ kind: 'event', seq: 1 }]);
  const next = pages.next().then(String, String);
  await workshop.database.prisma.stream.delete({ where: { id: stream.id } });
  expect(await next).toContain('There is no book with this id.');
});

test('followers of a workspace’s batches are not told of other streams, and miss nothing of their batches', async ({
  workshop,
}) => {
  const { database } = workshop;
  const { viewer, campaignId } = await workshop.addAccount();
  const stream = { id: crypto.randomUUID(), ownerId: viewer.workspaceId };
  const progress = createProgress({ database, log: createEventLog(database), tails: createTails(reading) });
  await append(workshop, stream, [page(1), page(2)]);
  const { id: batchId } = await workshop.batches.start(viewer, { campaignId, postCount: 1 });
  const updates = await progress.workspace(viewer, 0, signal);
  expect(await numbered(updates, 3)).toEqual([
    ['workspace', 0],
    ['event', 3],
  ]);
  // Live, and between two events of the batch.
  await append(workshop, stream, [page(3)]);
  announceStage(writing, {
    streamId: stream.id,
    ownerId: stream.ownerId,
    subjectId: crypto.randomUUID(),
    stage: 'LINE_READ',
    at: new Date(),
  });
  await workshop.batches.pause(viewer, batchId);
  await append(workshop, stream, [end]);
  await workshop.batches.cancel(viewer, batchId);
  expect(await numbered(updates, 7)).toEqual([
    ['event', 5],
    ['event', 7],
  ]);
  const again = await progress.workspace(viewer, 5, signal);
  expect(await numbered(again, 7)).toEqual([
    ['workspace', 5],
    ['event', 7],
  ]);
});

/** @returns what a reader is told up to a cursor, by kind and cursor. */
async function numbered(updates: Updates<{ kind: string; seq: number }>, upTo: number) {
  const told: [kind: string, seq: number][] = [];
  while (told.at(-1)?.[1] !== upTo) {
    const { value } = await updates.next();
    if (value === undefined) throw new Error('the updates have ended');
    told.push(...value.map(({ kind, seq }): [string, number] => [kind, seq]));
  }
  return told;
}
