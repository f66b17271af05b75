import { expect, it } from 'vitest';
import { createCampaign, startBatch } from '../../support/app.ts';
import { followToEnd, getBatch } from '../../support/batches.ts';
import { startPlanner } from '../../support/plans.ts';

/** Two of these channels have images of the same size. */
const channels = ['INSTAGRAM', 'LINKEDIN', 'X'] as const;
const languages = ['en', 'de'];

it('writes a post for each item, channel and language, and buys an image for each item and size', async () => {
  await using planner = await startPlanner();
  const { account } = planner;
  const campaignId = await createCampaign(account);
  const batchId = await startBatch(account, { campaignId, postCount: 4, channels: [...channels], languages });
  await followToEnd(account, batchId);

  const items = await planner.items(batchId);
  const posts = await planner.posts(batchId);
  const wanted = items.flatMap(({ id }) =>
    channels.flatMap((channel) => languages.map((language) => ({ planItemId: id, channel, language }))),
  );
  expect(posts.map(({ planItemId, channel, language }) => ({ planItemId, channel, language }))).toEqual(
    wanted,
  );
  expect(await planner.imagesBought(batchId)).toBe(4 * 2);
  for (const { id } of items) {
    const keys = posts.filter(({ planItemId }) => planItemId === id).map(({ imageKey }) => imageKey);
    expect(new Set(keys).size).toBe(2);
    expect(keys).not.toContain(null);
    expect(new Set(keys.slice(0, 2)).size).toBe(1);
  }
  const revisions = await planner.prisma().postRevision.groupBy({ by: ['field'], _count: true });
  expect(revisions.find(({ field }) => field === 'IMAGE')?._count).toBe(24);
  expect(await getBatch(account, batchId)).toMatchObject({ progress: { postCount: 24, completedCount: 24 } });
});

it('lets the next post make the image when the first one fails', async () => {
  await using planner = await startPlanner();
  const { account, app } = planner;
  const campaignId = await createCampaign(account);
  app.simulator.control.setFaults([{ kind: 'refusal', endpoint: 'images', count: 1 }]);
  const batchId = await startBatch(account, { campaignId, postCount: 1, languages: ['en', 'de', 'fr'] });
  await followToEnd(account, batchId);
  expect((await planner.posts(batchId)).map(({ status }) => status)).toEqual([
    'FAILED',
    'COMPLETED',
    'COMPLETED',
  ]);
  expect(await planner.imagesBought(batchId)).toBe(1);
});

it('writes variants without a plan as posts of their own', async () => {
  await using planner = await startPlanner({ PLANNING: 'off' });
  const { account } = planner;
  const campaignId = await createCampaign(account);
  const batchId = await startBatch(account, {
    campaignId,
    postCount: 1,
    channels: ['X', 'TIKTOK'],
    languages,
  });
  await followToEnd(account, batchId);
  expect((await planner.posts(batchId)).map(({ channel, language }) => `${channel} ${language}`)).toEqual([
    'X en',
    'X de',
    'TIKTOK en',
    'TIKTOK de',
  ]);
  expect(await planner.items(batchId)).toEqual([]);
});

it('writes the variants of a large order by and by', async () => {
  await using planner = await startPlanner();
  const { account } = planner;
  const campaignId = await createCampaign(account);
  const batchId = await startBatch(account, {
    campaignId,
    postCount: 35,
    channels: ['X', 'TIKTOK', 'LINKEDIN'],
  });
  await followToEnd(account, batchId);
  expect(await planner.imagesBought(batchId)).toBe(70);
  expect(await getBatch(account, batchId)).toMatchObject({
    progress: { postCount: 105, completedCount: 105 },
  });
});
