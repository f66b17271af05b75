import { beforeEach, describe, expect, onTestFinished } from 'vitest';
import {
  CancelBatchDocument,
  DeleteAccountDocument,
  PauseBatchDocument,
  ResumeBatchDocument,
} from '../../../client/generated/graphql.ts';
import { wakeRun } from '../../../src/services/runs/park.ts';
import { createCampaign, signUp, startBatch, startTestApp, type Account } from '../../support/app.ts';
import { getBatch } from '../../support/batches.ts';
import { test as base } from '../../support/fixtures.ts';
import { createToys, orderToy, toyNames, toysTable } from '../../support/kinds.ts';
import { waitUntil } from '../../support/services/wait-until.ts';
import { rowId } from '../../support/workspaces.ts';

/** A gate before the parts of `fan-out`, open unless a test shuts it. */
const gate = { isOpen: Promise.resolve(), open: () => undefined as void };
function shutGate(): void {
  const { promise, resolve } = Promise.withResolvers<void>();
  Object.assign(gate, { isOpen: promise, open: resolve });
  onTestFinished(() => resolve());
}

/** An app that runs toys beside posts. */
async function startToys(settings: Record<string, string> = {}) {
  const toys = createToys(() => gate.isOpen);
  const app = await startTestApp(settings, toys.moreKinds);
  const { database, jobs } = toys.tools();
  const { prisma } = database;
  await prisma.$executeRawUnsafe(toysTable);

  const rows = (subjectId: string) =>
    prisma.$queryRaw<{ status: string; text: string; n: number }[]>`
      SELECT status, text, n::int FROM toys WHERE "subjectId" = ${subjectId}::uuid`;
  const waiting =
    (...states: string[]) =>
    async (ownerId: string) =>
      (
        await prisma.$queryRaw<unknown[]>`
        SELECT 1 FROM runs WHERE "ownerId" = ${ownerId}::uuid AND state::text = ANY(${states})`
      ).length;
  return {
    ...app,
    prisma,
    /** A new account with its workspace. */
    async account() {
      const account = await signUp(app);
      return { account, ownerId: rowId(account.id) };
    },
    order: (...args: Parameters<typeof orderToy> extends [unknown, ...infer Rest] ? Rest : never) =>
      orderToy({ database, jobs }, ...args),
    wake: (subjectId: string, payload: object) =>
      database.transaction((tx) => wakeRun(jobs, tx, subjectId, payload)),
    /** Waits for the results of a subject's run. */
    async results(subjectId: string) {
      await waitUntil('a result', async () => (await rows(subjectId)).length > 0);
      return rows(subjectId);
    },
    run: (subjectId: string) => prisma.run.findUnique({ where: { subjectId } }),
    parked: waiting('PARKED'),
    running: waiting('RUNNING'),
    queued: waiting('WAITING'),
    calls: async (subjectId: string) =>
      (await prisma.providerCall.findMany({ where: { subjectId }, orderBy: { id: 'asc' } })).map(
        ({ step, status }) => [step, status],
      ),
    events: async (streamId: string) =>
      (await prisma.event.findMany({ where: { streamId }, orderBy: { seq: 'asc' } })).map(({ seq, type }) => [
        seq,
        type,
      ]),
    /** Lets the jobs of toys that wait for their time run now. */
    hurry: () =>
      prisma.$executeRaw`
        UPDATE pgboss.job SET start_after = now() WHERE name = ANY(${[...toyNames]}) AND state < 'active'`,
    /** What there is of a workspace in each of these tables. */
    async left(ownerId: string) {
      const [counts] = await prisma.$queryRaw<object[]>`
        SELECT (SELECT count(*)::int FROM runs WHERE "ownerId" = ${ownerId}::uuid) AS runs,
               (SELECT count(*)::int FROM pgboss.job WHERE group_id = ${ownerId} AND name NOT IN ('asset-removals')) AS jobs,
               (SELECT count(*)::int FROM events WHERE "ownerId" = ${ownerId}::uuid) AS events,
               (SELECT count(*)::int FROM streams WHERE "ownerId" = ${ownerId}::uuid) AS streams`;
      return counts;
    },
  };
}

const test = base.extend('toys', { scope: 'file' }, async ({}, { onCleanup }) => {
  const toys = await startToys();
  onCleanup(() => toys[Symbol.asyncDispose]());
  return toys;
});

beforeEach<{ toys: Awaited<ReturnType<typeof startToys>> }>(({ toys }) =>
  toys.simulator.control.clearFaults(),
);

const topics = Array.from({ length: 20 }, (_, index) => `part ${index}`);

/** A batch that stays RUNNING: the image of its only post does not come. */
async function heldBatch({ simulator }: Awaited<ReturnType<typeof startToys>>, account: Account) {
  simulator.control.setFaults([{ kind: 'hang', endpoint: 'images', match: 'Held Brand' }]);
  const campaignId = await createCampaign(account, { brand: 'Held Brand' });
  return startBatch(account, { campaignId, postCount: 1 });
}

describe('a run of two steps', () => {
  test('writes its result and the event of it once, and buys its first step once though the second one fails', async ({
    toys,
  }) => {
    toys.simulator.control.setFaults([{ kind: 'server_error', match: 'Write about tides', count: 1 }]);
    const { ownerId } = await toys.account();
    const id = await toys.order(ownerId, 'two-step', { payload: { topic: 'tides' } });
    expect(await toys.results(id)).toMatchObject([{ status: 'COMPLETED' }]);
    expect(await toys.events(id)).toEqual([[1, 'TOY_COMPLETED']]);
    expect(await toys.calls(id)).toEqual([
      ['headline', 'SETTLED'],
      ['text', 'FAILED'],
      ['text', 'SETTLED'],
    ]);
    expect(await toys.left(ownerId)).toEqual({ runs: 0, jobs: 0, events: 1, streams: 1 });
  });

  test('whose payload cannot be read ends FAILED after its attempts, and others are made meanwhile', async ({
    toys,
  }) => {
    const { ownerId } = await toys.account();
    const bad = await toys.order(ownerId, 'two-step', { payload: { subject: 'no topic' } });
    const good = await Promise.all(
      topics.map((topic) => toys.order(ownerId, 'two-step', { payload: { topic } })),
    );
    for (const id of good) expect(await toys.results(id)).toMatchObject([{ status: 'COMPLETED' }]);
    let failures: number | undefined;
    await waitUntil('the end of the bad one', async () => {
      await toys.hurry();
      const run = await toys.run(bad);
      failures = run?.failures ?? failures;
      return run === null;
    });
    expect(failures).toBe(5);
    expect(await toys.results(bad)).toMatchObject([{ status: 'FAILED', text: 'WORKER_FAILED' }]);
    expect(await toys.events(bad)).toEqual([[1, 'TOY_FAILED']]);
  });

  test('of a person who waits is made while long work of the same workspace holds every slot it may', async ({
    toys,
  }) => {
    shutGate();
    const { ownerId } = await toys.account();
    await toys.order(ownerId, 'fan-out', { payload: { topics } });
    await waitUntil('parts in hand', async () => (await toys.running(ownerId)) > 5);
    const long = await Promise.all(
      topics.map((topic) => toys.order(ownerId, 'two-step', { payload: { topic } })),
    );
    const short = await toys.order(ownerId, 'two-step', { payload: { topic: 'short' }, isShort: true });
    expect(await toys.results(short)).toMatchObject([{ status: 'COMPLETED' }]);
    expect(await toys.prisma.run.count({ where: { ownerId, kind: 'two-step' } })).toBe(long.length);
    gate.open();
    for (const id of long) await toys.results(id);
  });

  test('that the month’s budget does not allow waits without an attempt, and is made when it does', async () => {
    await using toys = await startToys({ MONTHLY_BUDGET: '1' });
    const { ownerId } = await toys.account();
    await toys.prisma.$executeRaw`
      INSERT INTO monthly_spends ("ownerId", month, "committedMicros")
      VALUES (${ownerId}::uuid, date_trunc('month', now() AT TIME ZONE 'UTC')::date, 1000000)`;
    const id = await toys.order(ownerId, 'two-step', { payload: { topic: 'dear' } });
    await waitUntil('it to be refused', async () => {
      const [later] = await toys.prisma.$queryRaw<unknown[]>`
        SELECT 1 FROM pgboss.job WHERE name = 'two-step' AND state < 'active' AND start_after > now() + interval '10 s'`;
      return later !== undefined;
    });
    expect(await toys.run(id)).toMatchObject({ state: 'WAITING', failures: 0, crashes: 0, leaseId: null });
    expect(await toys.calls(id)).toEqual([]);
    await toys.prisma.$executeRaw`UPDATE monthly_spends SET "committedMicros" = 0`;
    await toys.hurry();
    expect(await toys.results(id)).toMatchObject([{ status: 'COMPLETED' }]);
  });
});

describe('a run that has others started', () => {
  test('goes on once when all have ended, also one that failed for good', async ({ toys }) => {
    const { ownerId } = await toys.account();
    const refused = [...topics.slice(1), '[[simulate:refusal]]'];
    const id = await toys.order(ownerId, 'fan-out', { payload: { topics: refused } });
    expect(await toys.results(id)).toMatchObject([{ text: '19 COMPLETED, 1 FAILED' }]);
    await waitUntil('nothing to be left', async () => (await toys.run(id)) === null);
    expect(await toys.results(id)).toHaveLength(1);
    expect(await toys.events(id)).toEqual([
      [1, 'TOY_STARTED'],
      [2, 'TOY_COMPLETED'],
    ]);
    expect(await toys.left(ownerId)).toEqual({ runs: 0, jobs: 0, events: 22, streams: 21 });
  });

  test('waits while its batch is paused, starts nothing more meanwhile, and goes on when it is resumed', async ({
    toys,
  }) => {
    shutGate();
    const { account, ownerId } = await toys.account();
    const batchId = await heldBatch(toys, account);
    const id = await toys.order(ownerId, 'fan-out', { payload: { topics }, batchId: rowId(batchId) });
    await waitUntil(
      'some parts to be in hand and others not',
      async () => (await toys.parked(ownerId)) === 1 && (await toys.running(ownerId)) > 5,
    );
    await account.run(PauseBatchDocument, { batchId });
    gate.open();
    const partsInHand = () => toys.prisma.run.count({ where: { ownerId, kind: 'part', state: 'RUNNING' } });
    await waitUntil('the parts in hand to be over', async () => (await partsInHand()) === 0);
    const left = await toys.prisma.run.count({ where: { ownerId, kind: 'part' } });
    expect(left).toBeGreaterThan(5);
    const jobs = await toys.prisma.$queryRaw<unknown[]>`
      SELECT 1 FROM pgboss.job WHERE group_id = ${ownerId} AND name <> 'write-post' AND state < 'completed'`;
    expect(jobs).toEqual([]);
    expect(await toys.run(id)).toMatchObject({ state: 'PARKED', openChildren: left });
    await account.run(ResumeBatchDocument, { batchId });
    expect(await toys.results(id)).toMatchObject([{ text: '20 COMPLETED' }]);
    await account.run(CancelBatchDocument, { batchId });
  });

  test('ends with its batch when that is cancelled, and nothing of it is left', async ({ toys }) => {
    shutGate();
    const { account, ownerId } = await toys.account();
    const batchId = await heldBatch(toys, account);
    const id = await toys.order(ownerId, 'fan-out', { payload: { topics }, batchId: rowId(batchId) });
    await waitUntil(
      'some parts to be in hand and others not',
      async () => (await toys.parked(ownerId)) === 1 && (await toys.running(ownerId)) > 5,
    );
    await account.run(CancelBatchDocument, { batchId });
    expect(await toys.left(ownerId)).toMatchObject({ runs: 0, jobs: 0 });
    gate.open();
    expect((await getBatch(account, batchId)).status).toBe('CANCELLED');
    expect(await toys.events(id)).toEqual([[1, 'TOY_STARTED']]);
    const open = () =>
      toys.prisma.providerCall.count({ where: { ownerId, status: { in: ['INTENT', 'SENT'] } } });
    expect(await open()).toBe(0);
  });
});

describe('a run that waits for a person', () => {
  test('holds no slot and no job, and goes on with the answer, once', async ({ toys }) => {
    const { ownerId } = await toys.account();
    const asked: string[] = [];
    // More than there are slots.
    for (let n = 0; n < 12; n += 1)
      asked.push(await toys.order(ownerId, 'ask-person', { payload: { question: `Which ${n}?` } }));
    await waitUntil('all to be asked', async () => (await toys.parked(ownerId)) === asked.length);
    const [id = '', other = ''] = asked;
    expect(await toys.run(id)).toMatchObject({ state: 'PARKED', leaseId: null, openChildren: 0 });
    expect(await toys.left(ownerId)).toMatchObject({ runs: 12, jobs: 0 });
    const made = await toys.order(ownerId, 'two-step', { payload: { topic: 'meanwhile' } });
    expect(await toys.results(made)).toMatchObject([{ status: 'COMPLETED' }]);
    const answer = { question: 'Which?', answer: 'The blue one.' };
    const woken = await Promise.all([toys.wake(id, answer), toys.wake(id, answer)]);
    expect(woken.filter(Boolean)).toHaveLength(1);
    expect(await toys.results(id)).toMatchObject([{ text: 'The blue one.' }]);
    expect(await toys.events(id)).toEqual([
      [1, 'TOY_ASKED'],
      [2, 'TOY_COMPLETED'],
    ]);
    expect(await toys.run(other)).toMatchObject({ state: 'PARKED' });
  });
});

test('a workspace that is deleted takes its waiting, running and parked runs along, and nothing is left', async ({
  toys,
}) => {
  shutGate();
  const { account, ownerId } = await toys.account();
  await toys.order(ownerId, 'ask-person', { payload: { question: 'Which?' } });
  await toys.order(ownerId, 'fan-out', { payload: { topics } });
  await waitUntil(
    'runs of all states',
    async () =>
      (await toys.parked(ownerId)) === 2 &&
      (await toys.running(ownerId)) > 5 &&
      (await toys.queued(ownerId)) > 5,
  );
  await account.run(DeleteAccountDocument, { input: { password: 'correct horse' } });
  await waitUntil(
    'the workspace to be gone',
    async () => (await toys.prisma.workspace.findUnique({ where: { id: ownerId } })) === null,
  );
  gate.open();
  expect(await toys.left(ownerId)).toEqual({ runs: 0, jobs: 0, events: 0, streams: 0 });
});
