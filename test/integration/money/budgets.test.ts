import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PauseBatchDocument, ResumeBatchDocument } from '../../../client/generated/graphql.ts';
import { createLedger, type Ledger, type PaidCall } from '../../../src/provider/ledger/ledger.ts';
import { closeCalls } from '../../../src/provider/ledger/statements.ts';
import { Prisma } from '../../../src/store/generated/prisma/client.ts';
import {
  createCampaign,
  signUp,
  startBatch,
  startTestApp,
  type Account as ApiAccount,
} from '../../support/app.ts';
import { getBatch, getPosts, waitForBatch } from '../../support/batches.ts';
import { waitUntil } from '../../support/services/wait-until.ts';
import { workOf } from '../../support/work.ts';
import { driftOf, openWorkshop, type Account, type Workshop } from '../../support/workshop.ts';

it('a maximum that comes with the resumption counts what was spent before it', async () => {
  await using app = await startTestApp({ POST_SLOTS: '4' });
  const account = await signUp(app);
  const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 40 });
  await waitForBatch(account, batchId, 'has spent', ({ progress }) => progress.completedCount >= 8);
  await account.run(PauseBatchDocument, { batchId });
  await nothingInHand(account, batchId);
  const maxCost = Math.round((await getBatch(account, batchId)).cost * 1_200_000) / 1_000_000;
  await account.run(ResumeBatchDocument, { batchId, maxCost });
  await waitForBatch(account, batchId, 'ends or pauses', ({ status }) => status !== 'RUNNING');
  await nothingInHand(account, batchId);
  const { cost, pauseReason } = await getBatch(account, batchId);
  expect({ pauseReason, excess: Math.max(0, cost - maxCost) }).toEqual({
    pauseReason: 'BATCH_BUDGET_EXCEEDED',
    excess: 0,
  });
});

async function nothingInHand(account: ApiAccount, batchId: string): Promise<void> {
  await waitUntil(
    'no post in hand',
    async () => (await getPosts(account, { batchId, status: ['GENERATING'] })).length === 0,
  );
}

/** A token costs a millionth of a dollar. */
const priceOf = () => ({ input: 1, output: 0 });
const usage = (amount: number) => ({ inputTokens: amount, outputTokens: 0 });
const answer = { latencyMs: 1, requestId: undefined, result: 'x' };

async function addBatch({ database }: Workshop, { viewer, campaign }: Account, maxCost?: number) {
  const { id } = await database.prisma.batch.create({
    data: {
      ownerId: viewer.workspaceId,
      campaignId: campaign.id,
      channel: campaign.channel,
      postCount: 1,
      maxCostMicros: maxCost ?? null,
    },
  });
  return id;
}

const workOn = (batchId: string | null, { viewer, campaign }: Account) =>
  workOf({ ownerId: viewer.workspaceId, campaignId: campaign.id, batchId });

it('1,000 runs that start at once on two instances pass no budget, though the dearest model of the chain serves', async () => {
  await using workshop = await openWorkshop();
  const prices = new Map([
    ['cheap', 1],
    ['dear', 3],
  ]);
  const monthlyBudgetMicros = 100_000n;
  const settings = {
    priceOf: (model: string) => ({ input: prices.get(model) ?? Number.NaN, output: 0 }),
    monthlyBudgetMicros,
  };
  const ledgers = [workshop.database, workshop.elsewhere].map((database) =>
    createLedger(database, settings, workshop.changes),
  );
  const account = await workshop.addAccount();
  const maxima = [5_000, 20_000, 90_000, null];
  const batches = await Promise.all(
    maxima.map((maxCost) => addBatch(workshop, account, maxCost ?? undefined)),
  );
  const call = { step: 'caption', model: 'cheap', chain: ['cheap', 'dear'], atMost: usage(100) };
  await Promise.all(
    Array.from({ length: 1_000 }, async (_, index) => {
      const ledger = ledgers[index % 2];
      const work = workOn(batches[index % 4] ?? null, account);
      const opened = await ledger?.open(work, [call]);
      if (opened === undefined || !('calls' in opened)) return;
      const [first] = opened.calls;
      if (first === undefined || !('callId' in first)) throw new Error('nothing was bought before');
      // The cheap one is away: it costs nothing, and the dear one takes all that it may.
      await ledger?.fail(first, { status: 'FAILED', errorCode: 'AWAY', usage: undefined, latencyMs: 1 });
      const again = await ledger?.open(work, [{ ...call, model: 'dear' }]);
      const second = again !== undefined && 'calls' in again ? again.calls[0] : undefined;
      if (second === undefined || !('callId' in second)) return;
      await ledger?.settle(second, { ...answer, usage: usage(100) });
    }),
  );
  const spent = await Promise.all(
    batches.map(async (batchId) => {
      const { _sum } = await workshop.database.prisma.providerCall.aggregate({
        where: { batchId },
        _sum: { costMicros: true },
      });
      return Number(_sum.costMicros ?? 0);
    }),
  );
  const total = spent.reduce((sum, micros) => sum + micros, 0);
  const over = [
    ...maxima.map((maxCost, index) => Math.max(0, (spent[index] ?? 0) - (maxCost ?? Infinity))),
    Math.max(0, total - Number(monthlyBudgetMicros)),
  ];
  expect(over).toEqual([0, 0, 0, 0, 0]);
  expect(total).toBeGreaterThan(Number(monthlyBudgetMicros) / 2);
  expect(await driftOf(workshop.database)).toEqual([]);
});

/** Opens one call of up to `amount` millionths. @returns undefined where the budget refused it. */
async function openOne(ledger: Ledger, batchId: string, account: Account, amount: number) {
  const opened = await ledger.open(workOn(batchId, account), [
    { step: 'caption', model: 'm', chain: ['m'], atMost: usage(amount) },
  ]);
  const call = 'calls' in opened ? opened.calls[0] : undefined;
  return call !== undefined && 'callId' in call ? call : undefined;
}

it('a step that another worker may be buying gets no second call', async () => {
  await using workshop = await openWorkshop();
  const ledger = createLedger(
    workshop.database,
    { priceOf, monthlyBudgetMicros: undefined },
    workshop.changes,
  );
  const account = await workshop.addAccount();
  const work = workOn(await addBatch(workshop, account), account);
  const calls = [{ step: 'caption', model: 'm', chain: ['m'], atMost: usage(1) }];
  expect(await ledger.open(work, calls)).toHaveProperty('calls');
  expect(await ledger.open({ ...work, leaseId: randomUUID() }, calls)).toEqual({ refused: 'NOT_RUNNING' });
  const other = { ...work, subjectId: randomUUID() };
  const both = await Promise.all([ledger.open(other, calls), ledger.open(other, calls)]);
  expect(both).toEqual([{ calls: [expect.anything()] }, { refused: 'NOT_RUNNING' }]);
});

it('an answer that comes after its batch was deleted is paid, and nothing of it is kept', async () => {
  await using workshop = await openWorkshop();
  const { prisma } = workshop.database;
  const ledger = createLedger(
    workshop.database,
    { priceOf, monthlyBudgetMicros: undefined },
    workshop.changes,
  );
  const account = await workshop.addAccount();
  const batchId = await addBatch(workshop, account);
  const call = await openOne(ledger, batchId, account, 900);
  if (call === undefined) throw new Error('there is no budget');
  await ledger.sent(call.callId);
  await prisma.batch.update({ where: { id: batchId }, data: { deletedAt: new Date() } });
  await ledger.settle(call, { ...answer, usage: usage(100) });
  const row = await prisma.providerCall.findUniqueOrThrow({ where: { id: call.callId } });
  expect(row).toMatchObject({ status: 'SETTLED', costMicros: 100n, result: null });
});

describe('the monthly budget', () => {
  let workshop: Workshop;
  beforeAll(async () => {
    workshop = await openWorkshop();
  });
  afterAll(() => workshop[Symbol.asyncDispose]());

  it('gives back what a call did not cost to the month that it was opened in', async () => {
    let now = new Date('2026-11-30T23:59:00Z');
    const settings = { priceOf, monthlyBudgetMicros: 1_000n, now: () => now };
    const ledger = createLedger(workshop.database, settings, workshop.changes);
    const account = await workshop.addAccount();
    const batchId = await addBatch(workshop, account);
    const old = await openOne(ledger, batchId, account, 900);
    now = new Date('2026-12-01T00:01:00Z');
    const fresh = await openOne(ledger, batchId, account, 700);
    if (old === undefined || fresh === undefined) throw new Error('both months have room');
    await Promise.all([ledger.sent(old.callId), ledger.sent(fresh.callId)]);
    await ledger.settle(old, { ...answer, usage: usage(100) });
    expect(await openOne(ledger, batchId, account, 301)).toBeUndefined();
    expect(await openOne(ledger, batchId, account, 300)).toBeDefined();
  });

  it('is right to the millionth for 100 calls at once from two instances, before and after the month turns', async () => {
    let now = new Date('2026-11-30T23:59:59Z');
    const settings = { priceOf, monthlyBudgetMicros: 1_000n, now: () => now };
    const ledgers = [workshop.database, workshop.elsewhere].map((database) =>
      createLedger(database, settings, workshop.changes),
    );
    const account = await workshop.addAccount();
    const batchId = await addBatch(workshop, account);
    const openMany = () =>
      Promise.all(
        Array.from({ length: 50 }, () =>
          ledgers.map((ledger) => openOne(ledger, batchId, account, 30)),
        ).flat(),
      );
    const november = (await openMany()).filter((call) => call !== undefined);
    now = new Date('2026-12-01T00:00:01Z');
    const [december] = await Promise.all([
      openMany(),
      ...november.map((call, index) =>
        ledgers[index % 2]?.settle(call, { ...answer, usage: usage(index % 30) }),
      ),
    ]);
    expect(november).toHaveLength(33);
    expect(december.filter((call) => call !== undefined)).toHaveLength(33);
    expect(await driftOf(workshop.database)).toEqual([]);
  });

  it('takes an answer that comes after its call was given up', async () => {
    const settings = { priceOf, monthlyBudgetMicros: 1_000n };
    const ledger = createLedger(workshop.database, settings, workshop.changes);
    const account = await workshop.addAccount();
    const batchId = await addBatch(workshop, account);
    const call = await openOne(ledger, batchId, account, 1_000);
    if (call === undefined) throw new Error('there was room');
    await ledger.sent(call.callId);
    await ledger.fail(call, { status: 'UNKNOWN', errorCode: 'INTERRUPTED', latencyMs: 1, usage: undefined });
    expect(await openOne(ledger, batchId, account, 1)).toBeUndefined();
    await ledger.settle(call, { ...answer, usage: usage(400) });
    expect(await openOne(ledger, batchId, account, 600)).toBeDefined();
    expect(
      await workshop.database.prisma.providerCall.findUnique({ where: { id: call.callId } }),
    ).toMatchObject({
      status: 'SETTLED',
      costMicros: 400n,
      result: 'x',
    });
  });
});

const monthlyBudget = 500;

const amountArb = fc.integer({ min: 1, max: 120 });
const indexArb = fc.nat(1_000);
const operationArb = fc.oneof(
  fc.record({
    kind: fc.constant('start'),
    owner: indexArb,
    maxCost: fc.option(fc.integer({ min: 1, max: 400 })),
  }),
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('open'),
      batch: indexArb,
      amounts: fc.array(amountArb, { minLength: 1, maxLength: 3 }),
      isSent: fc.boolean(),
      hasBatch: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('end'),
      call: indexArb,
      how: fc.constantFrom('settle', 'paid for nothing', 'refused', 'unknown'),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  fc.record({ kind: fc.constant('crash'), call: indexArb }),
  fc.record({ kind: fc.constant('resume'), batch: indexArb, maxCost: fc.integer({ min: 1, max: 400 }) }),
  fc.record({ kind: fc.constant('turn of the month') }),
);
type Operation = typeof operationArb extends fc.Arbitrary<infer T> ? T : never;

/** Accounts, batches and calls that operations are done to, by two instances in turn. */
async function openMarket(workshop: Workshop) {
  const { database, elsewhere, changes, batches: controls } = workshop;
  let month = 0;
  const settings = {
    priceOf,
    monthlyBudgetMicros: BigInt(monthlyBudget),
    now: () => new Date(Date.UTC(2026, month, 15)),
  };
  const ledgers = [database, elsewhere].map((one) => createLedger(one, settings, changes));
  const accounts = [await workshop.addAccount(), await workshop.addAccount()];
  const batches: { id: string; account: Account }[] = [];
  const calls: { call: PaidCall; subjectId: string; amount: number }[] = [];

  async function open(
    ledger: Ledger,
    { batch, amounts, isSent, hasBatch }: Extract<Operation, { kind: 'open' }>,
  ) {
    const chosen = pick(batches, batch);
    if (chosen === undefined) return;
    const jobs = amounts.map((amount) => ({
      work: workOn(hasBatch ? chosen.id : null, chosen.account),
      calls: [{ step: 'caption', model: 'm', chain: ['m'], atMost: usage(amount) }],
    }));
    const opened = await Promise.all(jobs.map(({ work, calls: planned }) => ledger.open(work, planned)));
    for (const [index, outcome] of opened.entries()) {
      const call = 'calls' in outcome ? outcome.calls[0] : undefined;
      if (call === undefined || !('callId' in call)) continue;
      calls.push({ call, subjectId: jobs[index]?.work.subjectId ?? '', amount: amounts[index] ?? 0 });
      if (isSent) await ledger.sent(call.callId);
    }
  }

  async function end(ledger: Ledger, { call: index, how, share }: Extract<Operation, { kind: 'end' }>) {
    const chosen = pick(calls, index);
    if (chosen === undefined) return;
    const used = usage(Math.floor(chosen.amount * share));
    if (how === 'settle') return ledger.settle(chosen.call, { ...answer, usage: used });
    const failure = {
      errorCode: 'BAD_ANSWER',
      latencyMs: 1,
      usage: how === 'paid for nothing' ? used : undefined,
    };
    return ledger.fail(chosen.call, { ...failure, status: how === 'unknown' ? 'UNKNOWN' : 'FAILED' });
  }

  return {
    batches,
    async run(operation: Operation, instance: number): Promise<void> {
      const ledger = pick(ledgers, instance);
      if (ledger === undefined) throw new Error('there are two instances');
      if (operation.kind === 'start') {
        const account = pick(accounts, operation.owner);
        if (account === undefined) return;
        batches.push({ id: await addBatch(workshop, account, operation.maxCost ?? undefined), account });
      } else if (operation.kind === 'open') {
        await open(ledger, operation);
      } else if (operation.kind === 'end') {
        await end(ledger, operation);
      } else if (operation.kind === 'crash') {
        const chosen = pick(calls, operation.call);
        if (chosen === undefined) return;
        await database.prisma.$executeRaw(closeCalls(Prisma.sql`(ARRAY[${chosen.subjectId}]::uuid[])`));
      } else if (operation.kind === 'resume') {
        const chosen = pick(batches, operation.batch);
        if (chosen === undefined) return;
        await controls.resume(chosen.account.viewer, chosen.id, operation.maxCost / 1_000_000);
      } else {
        month += 1;
      }
    },
  };
}

const pick = <T>(list: readonly T[], index: number): T | undefined => list[index % list.length];

/** What stands above its budget: months always, batches where no maximum was changed since the sums of before. */
async function excessOf({ database }: Workshop, before: Sums): Promise<string[]> {
  const months = await database.prisma.monthlySpend.findMany();
  const after = await sumsOf(database);
  return [
    ...months.filter(({ committedMicros }) => committedMicros > monthlyBudget).map(({ ownerId }) => ownerId),
    ...[...after].flatMap(([id, { committed, maxCost }]) => {
      const earlier = before.get(id);
      const mayHaveGrown = earlier === undefined || committed > earlier.committed;
      return mayHaveGrown && maxCost !== null && maxCost === earlier?.maxCost && committed > maxCost
        ? [id]
        : [];
    }),
  ];
}

type Sums = Map<string, { committed: bigint; maxCost: bigint | null }>;

async function sumsOf({ prisma }: Workshop['database']): Promise<Sums> {
  const rows = await prisma.$queryRaw<{ id: string; committed: bigint; maxCost: bigint | null }[]>`
    SELECT b.id, coalesce(s."committedMicros", 0) AS committed, b."maxCostMicros" AS "maxCost"
    FROM batches b LEFT JOIN batch_spends s ON s."batchId" = b.id`;
  return new Map(rows.map(({ id, ...sums }) => [id, sums]));
}

it('no order of starts, calls with and without a batch, failures, crashes, resumptions and turns of the month passes a budget', async () => {
  await using workshop = await openWorkshop();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(operationArb, { minLength: 1, maxLength: 4 }), { minLength: 4, maxLength: 14 }),
      async (steps) => {
        const market = await openMarket(workshop);
        await market.run({ kind: 'start', owner: 0, maxCost: 200 }, 0);
        await market.run({ kind: 'start', owner: 0, maxCost: null }, 0);
        for (const operations of steps) {
          const before = await sumsOf(workshop.database);
          await Promise.all(operations.map((operation, place) => market.run(operation, place)));
          expect(await excessOf(workshop, before)).toEqual([]);
          expect(await driftOf(workshop.database)).toEqual([]);
        }
      },
    ),
    { numRuns: 25 },
  );
});
