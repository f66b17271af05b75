import { expect, it } from 'vitest';
import { CreateBrandDocument, QuoteBatchDocument } from '../../../client/generated/graphql.ts';
import { createCampaign, startBatch } from '../../support/app.ts';
import { followToEnd, getBatch } from '../../support/batches.ts';
import { startPlanner } from '../../support/plans.ts';
import { post } from '../../support/raw-graphql.ts';

it('quotes a plan and variants close to what they then cost, and a maximum above it', async () => {
  await using planner = await startPlanner();
  const { account } = planner;
  const order = {
    campaignId: await createCampaign(account),
    postCount: 10,
    channels: ['INSTAGRAM' as const, 'X' as const],
    languages: ['en', 'de'],
  };
  const { quoteBatch: quote } = await account.run(QuoteBatchDocument, { input: order });
  if (quote.__typename !== 'BatchQuote') throw new Error(`quoteBatch answered ${quote.__typename}`);
  const batchId = await startBatch(account, { ...order, maxCost: quote.maximumCost });
  await followToEnd(account, batchId);

  const { cost } = await getBatch(account, batchId);
  expect(quote.expectedCost / cost).toBeGreaterThan(0.7);
  expect(quote.expectedCost / cost).toBeLessThan(1.3);
  expect(quote.maximumCost).toBeGreaterThanOrEqual(cost);
});

it('quotes a maximum that has room for a rewrite of each caption, and judgements of a brand', async () => {
  const maximumOf = async (settings: Record<string, string>) => {
    await using planner = await startPlanner(settings);
    const { account } = planner;
    const { createBrand } = await account.run(CreateBrandDocument, {
      input: { name: 'Alpenrad', content: { voice: { do: ['Be warm'] } } },
    });
    const brandId = 'id' in createBrand ? createBrand.id : '';
    const campaignId = await createCampaign(account, { brandId });
    const { quoteBatch } = await account.run(QuoteBatchDocument, { input: { campaignId, postCount: 10 } });
    if (quoteBatch.__typename !== 'BatchQuote')
      throw new Error(`quoteBatch answered ${quoteBatch.__typename}`);
    return quoteBatch;
  };
  const plain = await maximumOf({ REWRITING: 'off' });
  const rewritten = await maximumOf({ REWRITING: 'on' });
  const judged = await maximumOf({ REWRITING: 'on', JUDGE: 'on' });
  expect(rewritten.maximumCost).toBeGreaterThan(plain.maximumCost);
  expect(judged.maximumCost).toBeGreaterThan(rewritten.maximumCost);
  expect(judged.expectedCost).toBe(plain.expectedCost);
});

it('quotes a plan that waits for approval without what the plan has cost', async () => {
  await using planner = await startPlanner();
  const { account, app } = planner;
  const campaignId = await createCampaign(account);
  const rows = ['dawn', 'noon', 'dusk'].map((time) => ({
    angle: `${time} in town`,
    hook: `What ${time} is for`,
    keyMessage: `We are there at ${time}`,
    scene: `A street at ${time}`,
    audience: 'commuters',
  }));
  const { quoteBatch } = await account.run(QuoteBatchDocument, { input: { campaignId, postCount: 3 } });
  if (quoteBatch.__typename !== 'BatchQuote') throw new Error(`quoteBatch answered ${quoteBatch.__typename}`);
  const batchId = await startBatch(account, { campaignId, rows, review: true });
  const query = `{ batch(id: "${batchId}") { quote { expectedCost } } }`;
  const { data } = await post(app, { query }, { authorization: `Bearer ${account.token}` });
  const { expectedCost } = Object(data).batch.quote;
  expect(expectedCost).toBeGreaterThan(0);
  expect(expectedCost).toBeLessThan(quoteBatch.expectedCost);
});
