import { describe, expect } from 'vitest';
import {
  PostCostsDocument,
  QuoteBatchDocument,
  ResumeBatchDocument,
  UsageDocument,
} from '../../../client/generated/graphql.ts';
import { listPrice } from '../../../src/domain/money/pricing.ts';
import type { ProviderCall } from '../../../src/store/generated/prisma/client.ts';
import {
  createCampaign,
  signUp,
  startBatch,
  startTestApp,
  type Account,
  type TestApp,
} from '../../support/app.ts';
import { absentId, followToEnd, getBatch, notFound, waitForBatch } from '../../support/batches.ts';
import { test as base } from '../../support/fixtures.ts';

const test = base.extend('settings', { scope: 'file' }, () => ({ POST_SLOTS: '40' }));
test.afterEach(({ app }) => app.simulator.control.clearFaults());

/** What the simulator made since its counts were reset, at list prices, in dollars. */
function soldBy({ simulator }: TestApp): number {
  const { chat, images } = simulator.control.stats();
  const sold = (model: string, { inputTokens, outputTokens }: typeof chat.usage) => {
    const price = listPrice(model) ?? { input: 0, output: 0 };
    return (inputTokens * price.input + outputTokens * price.output) / 1_000_000;
  };
  return sold('gpt-5.4-mini', chat.usage) + sold('gpt-image-2', images.usage);
}

async function postCosts(by: Account, batchId: string): Promise<number[]> {
  const { posts } = await by.run(PostCostsDocument, { filter: { batchId }, first: 100 });
  return posts.edges.map(({ node }) => node.cost);
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

async function quote(by: Account, input: { campaignId: string; postCount: number }) {
  const { quoteBatch } = await by.run(QuoteBatchDocument, { input });
  if (quoteBatch.__typename !== 'BatchQuote') throw new Error(`quoteBatch answered ${quoteBatch.__typename}`);
  return quoteBatch;
}

describe('the ledger', () => {
  test('holds a row for every call, with its model, tokens, cost, latency and request id', async () => {
    await using own = await startTestApp();
    const user = await signUp(own);
    await followToEnd(user, await startBatch(user, { campaignId: await createCampaign(user), postCount: 3 }));
    let rows: ProviderCall[] = [];
    const restarted = await own.restart(async (prisma) => {
      rows = await prisma.providerCall.findMany({ orderBy: { step: 'asc' } });
    });
    await restarted.stop();
    expect(rows.map(({ step, model }) => [step, model])).toEqual([
      ...Array.from({ length: 3 }, () => ['caption', 'gpt-5.4-mini']),
      ...Array.from({ length: 3 }, () => ['image', 'gpt-image-2']),
    ]);
    for (const row of rows) {
      expect(row).toMatchObject({ status: 'SETTLED', errorCode: null, requestId: expect.any(String) });
      expect(row.inputTokens).toBeGreaterThan(0);
      expect(row.outputTokens).toBeGreaterThan(0);
      expect(row.latencyMs).toBeGreaterThan(0);
      expect(Number(row.costMicros)).toBeGreaterThan(0);
      expect(Number(row.costMicros)).toBeLessThanOrEqual(Number(row.estimateMicros));
    }
  });

  test('agrees with the provider’s own count', async ({ app, account, campaignId }) => {
    app.simulator.control.resetStats();
    const batchId = await startBatch(account, { campaignId, postCount: 10 });
    await followToEnd(account, batchId);
    // Each call is rounded up to a millionth of a dollar.
    expect((await getBatch(account, batchId)).cost).toBeCloseTo(soldBy(app), 4);
  });

  test.for([
    ['chat', 'bad_json'],
    ['images', 'empty_image'],
  ] as const)(
    'counts an answer of %s that was of no use (%s): it was paid for',
    async ([endpoint, kind], { app }) => {
      const other = await signUp(app);
      const campaign = await createCampaign(other);
      app.simulator.control.resetStats();
      app.simulator.control.setFaults([{ kind, endpoint, count: 1 }]);
      const batchId = await startBatch(other, { campaignId: campaign, postCount: 1 });
      await followToEnd(other, batchId);
      expect((await getBatch(other, batchId)).cost).toBeCloseTo(soldBy(app), 5);
      const { me } = await other.run(UsageDocument, {});
      expect(sum(me?.usage.byDay.map(({ cost }) => cost) ?? [])).toBeCloseTo(soldBy(app), 5);
    },
  );

  test('adds up to the same by post, batch, day and campaign', async ({ app }) => {
    const other = await signUp(app);
    const campaigns = [await createCampaign(other), await createCampaign(other)];
    const batches = await Promise.all(
      campaigns.map((id, index) => startBatch(other, { campaignId: id, postCount: 3 + index })),
    );
    await Promise.all(batches.map((id) => followToEnd(other, id)));
    const costs = await Promise.all(batches.map(async (id) => (await getBatch(other, id)).cost));
    const byPost = await Promise.all(batches.map(async (id) => sum(await postCosts(other, id))));
    const { me } = await other.run(UsageDocument, {});
    expect(byPost[0]).toBeCloseTo(costs[0] ?? Number.NaN, 6);
    expect(byPost[1]).toBeCloseTo(costs[1] ?? Number.NaN, 6);
    expect(sum(me?.usage.byDay.map(({ cost }) => cost) ?? [])).toBeCloseTo(sum(costs), 6);
    expect(sum(me?.usage.byDay.map(({ calls }) => calls) ?? [])).toBe(14);
    expect(me?.usage.byCampaign.map(({ campaign, calls }) => [campaign?.id, calls])).toEqual([
      [campaigns[1], 8],
      [campaigns[0], 6],
    ]);
    expect(sum(me?.usage.byCampaign.map(({ cost }) => cost) ?? [])).toBeCloseTo(sum(costs), 6);
  });

  test('shows nobody what somebody else has spent', async ({ app, account, campaignId }) => {
    const other = await signUp(app);
    await followToEnd(account, await startBatch(account, { campaignId, postCount: 1 }));
    expect(await other.run(UsageDocument, {})).toEqual({ me: { usage: { byDay: [], byCampaign: [] } } });
  });
});

describe('a batch with a maximum', () => {
  test('pauses before it costs more, and completes once it may', async ({ app, account, campaignId }) => {
    app.simulator.control.resetStats();
    const { expectedCost, maximumCost } = await quote(account, { campaignId, postCount: 40 });
    const maxCost = expectedCost / 2;
    const batchId = await startBatch(account, { campaignId, postCount: 40, maxCost });
    const paused = await waitForBatch(account, batchId, 'is paused', ({ status }) => status === 'PAUSED');
    expect(paused).toMatchObject({ pauseReason: 'BATCH_BUDGET_EXCEEDED', maxCost });
    const { chat, images } = app.simulator.control.stats();
    expect(soldBy(app)).toBeLessThanOrEqual(maxCost);
    expect(chat.received).toBeLessThan(40);
    expect(images.received).toBeLessThan(40);

    const { resumeBatch } = await account.run(ResumeBatchDocument, { batchId, maxCost: maximumCost });
    expect(resumeBatch).toMatchObject({ status: 'RUNNING', pauseReason: null, maxCost: maximumCost });
    await followToEnd(account, batchId);
    const ended = await getBatch(account, batchId);
    expect(ended).toMatchObject({ status: 'COMPLETED', progress: { completedCount: 40 } });
    expect(ended.cost).toBeLessThanOrEqual(maximumCost);
  });

  test('spends nothing where not even one post fits', async ({ app, account, campaignId }) => {
    app.simulator.control.resetStats();
    const batchId = await startBatch(account, { campaignId, postCount: 5, maxCost: 0.000_01 });
    await waitForBatch(account, batchId, 'is paused', ({ status }) => status === 'PAUSED');
    expect(app.simulator.control.stats().chat.received).toBe(0);
  });

  test('is not raised by a sum that makes no sense', async ({ account, campaignId }) => {
    const batchId = await startBatch(account, { campaignId, postCount: 1, maxCost: 0.000_01 });
    const { resumeBatch } = await account.run(ResumeBatchDocument, { batchId, maxCost: -1 });
    expect(resumeBatch).toMatchObject({
      __typename: 'InvalidInputError',
      fields: [{ path: 'input.maxCost' }],
    });
  });
});

test('pauses the batches of an owner whose month is spent, and nobody else’s', async () => {
  await using own = await startTestApp({ MONTHLY_BUDGET: '0.06', POST_SLOTS: '4' });
  const [spender, other] = await Promise.all([signUp(own), signUp(own)]);
  const batchId = await startBatch(spender, { campaignId: await createCampaign(spender), postCount: 30 });
  await waitForBatch(
    spender,
    batchId,
    'is paused',
    ({ status, pauseReason }) => status === 'PAUSED' && pauseReason === 'MONTHLY_BUDGET_EXCEEDED',
  );
  expect(soldBy(own)).toBeLessThanOrEqual(0.06);
  const theirs = await startBatch(other, { campaignId: await createCampaign(other), postCount: 1 });
  await followToEnd(other, theirs);
  expect(await getBatch(other, theirs)).toMatchObject({ progress: { completedCount: 1 } });
});

describe('a quote', () => {
  test.for(['INSTAGRAM', 'X', 'LINKEDIN'] as const)(
    'for %s is close to what the batch then costs, and its maximum above it',
    async (channel, { account }) => {
      const campaign = await createCampaign(account, { channel });
      const { expectedCost, maximumCost } = await quote(account, { campaignId: campaign, postCount: 10 });
      const batchId = await startBatch(account, { campaignId: campaign, postCount: 10 });
      await followToEnd(account, batchId);
      const { cost } = await getBatch(account, batchId);
      expect(expectedCost / cost).toBeGreaterThan(0.7);
      expect(expectedCost / cost).toBeLessThan(1.3);
      expect(maximumCost).toBeGreaterThanOrEqual(cost);
    },
  );

  test('names a maximum with which the batch completes', async ({ account, campaignId }) => {
    const { maximumCost: maxCost } = await quote(account, { campaignId, postCount: 20 });
    const batchId = await startBatch(account, { campaignId, postCount: 20, maxCost });
    await followToEnd(account, batchId);
    expect(await getBatch(account, batchId)).toMatchObject({ progress: { completedCount: 20 } });
  });

  test('costs nothing and leaves nothing behind', async () => {
    await using own = await startTestApp();
    const user = await signUp(own);
    await quote(user, { campaignId: await createCampaign(user), postCount: 100 });
    let rows: number[] = [];
    const restarted = await own.restart(async (prisma) => {
      rows = [
        await prisma.batch.count(),
        await prisma.post.count(),
        await prisma.providerCall.count(),
        await prisma.event.count(),
      ];
    });
    await restarted.stop();
    expect(rows).toEqual([0, 0, 0, 0]);
    expect(own.simulator.control.stats().chat.received).toBe(0);
  });

  test('answers NOT_FOUND for somebody else’s campaign and for none alike', async ({ app, campaignId }) => {
    const other = await signUp(app);
    for (const id of [campaignId, absentId('Campaign')]) {
      const { quoteBatch } = await other.run(QuoteBatchDocument, { input: { campaignId: id, postCount: 1 } });
      expect(quoteBatch).toMatchObject(notFound('campaign'));
    }
  });

  test('names every bad field', async ({ account }) => {
    const { quoteBatch } = await account.run(QuoteBatchDocument, {
      input: { campaignId: 'nonsense', postCount: 0 },
    });
    expect(quoteBatch).toMatchObject({
      __typename: 'InvalidInputError',
      fields: [{ path: 'input.campaignId' }, { path: 'input.postCount' }],
    });
  });
});
