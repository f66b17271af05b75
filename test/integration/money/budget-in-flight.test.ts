import { expect, it } from 'vitest';
import { createCampaign, signUp, startBatch, startTestApp, type TestApp } from '../../support/app.ts';
import { followToEnd, getBatch, waitForBatch } from '../../support/batches.ts';

const postCount = 12;

/** What a batch of 12 posts costs without a maximum, in dollars. */
async function costWithoutMaximum(app: TestApp): Promise<number> {
  const account = await signUp(app);
  const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount });
  await followToEnd(account, batchId);
  return (await getBatch(account, batchId)).cost;
}

/** Above what the calls of one post can cost at most, in dollars. */
const highestCostOfOnePost = 0.03;

it('a batch with a maximum is not paused for what calls under way may still give back', async () => {
  await using app = await startTestApp({ POST_SLOTS: '10' });
  const maxCost = (await costWithoutMaximum(app)) + highestCostOfOnePost;
  const account = await signUp(app);
  const campaignId = await createCampaign(account);
  const batchId = await startBatch(account, { campaignId, postCount, maxCost });
  const ended = await waitForBatch(account, batchId, 'ends', ({ status }) => status !== 'RUNNING');
  expect(ended).toMatchObject({ status: 'COMPLETED', progress: { completedCount: postCount } });
  expect(ended.cost).toBeLessThanOrEqual(maxCost);
});

it('a month is not spent by what calls under way may still give back', async () => {
  let cost = 0;
  {
    await using app = await startTestApp();
    cost = await costWithoutMaximum(app);
  }
  const budget = cost + highestCostOfOnePost;
  await using app = await startTestApp({ POST_SLOTS: '10', MONTHLY_BUDGET: budget.toFixed(4) });
  const account = await signUp(app);
  const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount });
  const ended = await waitForBatch(account, batchId, 'ends', ({ status }) => status !== 'RUNNING');
  expect(ended).toMatchObject({ status: 'COMPLETED', progress: { completedCount: postCount } });
  expect(ended.cost).toBeLessThanOrEqual(budget);
});

it('a batch whose maximum does not suffice spends all of it but what one post may cost', async () => {
  await using app = await startTestApp({ POST_SLOTS: '10' });
  const maxCost = (await costWithoutMaximum(app)) / 2;
  const account = await signUp(app);
  const campaignId = await createCampaign(account);
  const batchId = await startBatch(account, { campaignId, postCount, maxCost });
  const paused = await waitForBatch(account, batchId, 'is paused', ({ status }) => status !== 'RUNNING');
  expect(paused).toMatchObject({ status: 'PAUSED', pauseReason: 'BATCH_BUDGET_EXCEEDED' });
  expect(paused.cost).toBeLessThanOrEqual(maxCost);
  expect(paused.cost).toBeGreaterThan(maxCost - highestCostOfOnePost);
});
