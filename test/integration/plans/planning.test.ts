import { expect, it } from 'vitest';
import { createCampaign, startBatch } from '../../support/app.ts';
import { followToEnd, getBatch, stored, waitForBatch } from '../../support/batches.ts';
import { startPlanner } from '../../support/plans.ts';

const text =
  'Small farms bring us this coffee by train, and we roast it on the day it leaves for you in its tin.';

it('plans each post of a batch, and writes it from its item', async () => {
  await using planner = await startPlanner();
  const { account } = planner;
  const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 25 });
  const told = stored(await followToEnd(account, batchId)).map(({ __typename }) => __typename);

  const items = await planner.items(batchId);
  expect(items.map(({ position }) => position)).toEqual(Array.from({ length: 25 }, (_, index) => index + 1));
  expect(items.every(({ plannedAt, author }) => plannedAt !== null && author === 'MODEL')).toBe(true);
  expect(new Set(items.map(({ hook }) => hook)).size).toBe(25);
  const posts = await planner.posts(batchId);
  expect(posts.map(({ planItemId }) => planItemId)).toEqual(items.map(({ id }) => id));
  expect(posts.every(({ altText }) => altText !== null)).toBe(true);
  expect(told.filter((type) => type === 'PlanItemEvent')).toHaveLength(25);
  expect(told.filter((type) => type === 'BatchPlannedEvent')).toHaveLength(1);
  expect(told.at(-1)).toBe('BatchCompletedEvent');
  expect(await planner.calls(batchId)).toEqual(['plan:0:1-20 SETTLED', 'plan:0:21-40 SETTLED']);
});

it('starts the first posts while later items are still to come', async () => {
  await using planner = await startPlanner();
  const { account, app } = planner;
  app.simulator.control.setLatency({
    captionLatencyMs: { p05: 60_000, p95: 60_000 },
    imageLatencyMs: { p05: 0, p95: 0 },
  });
  const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 20 });
  await followToEnd(account, batchId);
  const events = await planner.prisma().event.findMany({
    where: { type: 'BATCH_PLANNED' },
    select: { createdAt: true },
  });
  const calls = await planner
    .prisma()
    .providerCall.findMany({ where: { step: 'image' }, orderBy: { createdAt: 'asc' } });
  expect(calls[0]?.createdAt.getTime()).toBeLessThan(events[0]?.createdAt.getTime() ?? 0);
});

it('keeps what rows give, and plans the rest', async () => {
  await using planner = await startPlanner();
  const { account } = planner;
  const rows = [
    { hook: 'Who picks your coffee?' },
    {},
    { scene: 'A tin on a bicycle rack', audience: 'Couriers' },
  ];
  const batchId = await startBatch(account, { campaignId: await createCampaign(account), rows });
  await followToEnd(account, batchId);
  expect(await planner.items(batchId)).toMatchObject([
    { hook: 'Who picks your coffee?', angle: expect.any(String) },
    { hook: expect.any(String) },
    { scene: 'A tin on a bicycle rack', audience: 'Couriers', hook: expect.any(String) },
  ]);
  expect(await getBatch(account, batchId)).toMatchObject({ progress: { postCount: 3, completedCount: 3 } });
});

it('plans nothing where rows give everything', async () => {
  await using planner = await startPlanner();
  const { account } = planner;
  const rows = [1, 2].map((n) => ({
    angle: `${n}`,
    hook: `${n}`,
    keyMessage: text,
    scene: text,
    audience: text,
  }));
  const batchId = await startBatch(account, { campaignId: await createCampaign(account), rows });
  await followToEnd(account, batchId);
  expect(await planner.calls(batchId)).toEqual([]);
  expect(await planner.items(batchId)).toMatchObject([{ author: 'PERSON' }, { author: 'PERSON' }]);
  expect((await planner.events(batchId)).slice(0, 2)).toEqual(['BATCH_STARTED', 'BATCH_PLANNED']);
});

it('asks again for what is like another item, twice at most, and then takes it as it is', async () => {
  await using planner = await startPlanner();
  const { account } = planner;
  const row = {
    angle: text.slice(0, 100),
    keyMessage: Array.from({ length: 70 }, (_, n) => `${n * 97}`).join(' '),
  };
  const rows = [row, row];
  const batchId = await startBatch(account, { campaignId: await createCampaign(account), rows });
  await followToEnd(account, batchId);
  expect(await planner.calls(batchId)).toEqual([
    'plan:0:1-20 SETTLED',
    'plan:0:1-20:again SETTLED',
    'plan:0:1-20:again:2 SETTLED',
  ]);
  expect(await getBatch(account, batchId)).toMatchObject({ progress: { completedCount: 2 } });
});

it('stops at PLANNED where a person is to approve the plan, with no post written', async () => {
  await using planner = await startPlanner({ PLANNING: 'off' });
  const { account } = planner;
  const campaignId = await createCampaign(account);
  const planned = await startBatch(account, { campaignId, postCount: 3, review: true });
  await waitForBatch(account, planned, 'is planned', ({ status }) => status === 'PLANNED');
  expect(await planner.posts(planned)).toEqual([]);
  expect((await planner.events(planned)).at(-1)).toBe('BATCH_PLANNED');

  const row = { angle: text.slice(0, 100), hook: text, keyMessage: text, scene: text, audience: text };
  const given = await startBatch(account, { campaignId, rows: [row], review: true });
  expect(await getBatch(account, given)).toMatchObject({ status: 'PLANNED' });
});

it('writes posts from the brief alone when their plan is refused', async () => {
  await using planner = await startPlanner();
  const { account, app } = planner;
  app.simulator.control.setFaults([{ kind: 'refusal', match: '<plan-request>' }]);
  const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 3 });
  const told = stored(await followToEnd(account, batchId));
  expect(told.find(({ __typename }) => __typename === 'BatchPlannedEvent')).toBeDefined();
  expect(await getBatch(account, batchId)).toMatchObject({ progress: { completedCount: 3 } });
  expect(await planner.items(batchId)).toMatchObject([
    { plannedAt: null },
    { plannedAt: null },
    { plannedAt: null },
  ]);
});
