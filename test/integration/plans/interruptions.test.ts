import { expect, it } from 'vitest';
import {
  CancelBatchDocument,
  DeleteBatchDocument,
  PauseBatchDocument,
  ResumeBatchDocument,
  type StartBatchInput,
} from '../../../client/generated/graphql.ts';
import { createCampaign, startBatch } from '../../support/app.ts';
import { followToEnd, getBatch, waitForBatch } from '../../support/batches.ts';
import { startPlanner } from '../../support/plans.ts';
import { waitUntil } from '../../support/services/wait-until.ts';
import { rowId } from '../../support/workspaces.ts';

/** An app in the middle of a long plan, of which some items have arrived. */
async function startPlanning(order: Partial<StartBatchInput> = {}, planMs = 200_000) {
  const planner = await startPlanner();
  const { account, app } = planner;
  app.simulator.control.setLatency({ captionLatencyMs: { p05: planMs, p95: planMs } });
  const campaignId = await createCampaign(account);
  const batchId = await startBatch(account, { campaignId, postCount: 20, ...order });
  const planned = async () => (await planner.items(batchId)).filter(({ plannedAt }) => plannedAt !== null);
  await waitUntil('some items', async () => (await planned()).length > 2);
  return {
    ...planner,
    batchId,
    planned,
    hurry: () => app.simulator.control.setLatency({ captionLatencyMs: { p05: 0, p95: 0 } }),
  };
}

it('goes on with a plan whose worker is taken for dead, and asks only for what is missing', async () => {
  await using planner = await startPlanning({}, 3_000_000);
  const { account, batchId, planned, hurry } = planner;
  hurry();
  await planner.prisma().$executeRaw`DELETE FROM pgboss.job WHERE name LIKE 'plan-batch%'`;
  const before = (await planned()).map(({ id, hook }) => `${id} ${hook}`);
  await followToEnd(account, batchId);

  expect(before.length).toBeLessThan(20);
  expect(await getBatch(account, batchId)).toMatchObject({
    progress: { completedCount: 20, failedCount: 0 },
  });
  const after = (await planner.items(batchId)).map(({ id, hook }) => `${id} ${hook}`);
  expect(after.slice(0, before.length)).toEqual(before);
  expect(await planner.calls(batchId)).toEqual(['plan:0:1-20 UNKNOWN', 'plan:0:1-20 SETTLED']);
  const types = await planner.events(batchId);
  expect(types.filter((type) => type === 'PLAN_ITEM')).toHaveLength(20);
  expect(types.filter((type) => type === 'BATCH_PLANNED')).toHaveLength(1);
  const bought = await planner.prisma().providerCall.groupBy({
    by: ['subjectId', 'step'],
    where: { status: 'SETTLED' },
    _count: true,
  });
  expect(bought.every(({ _count: count }) => count === 1)).toBe(true);
});

it('lets a batch be paused and resumed while it is planned', async () => {
  await using planner = await startPlanning();
  const { account, batchId, hurry } = planner;
  await account.run(PauseBatchDocument, { batchId });
  expect(await getBatch(account, batchId)).toMatchObject({ status: 'PAUSED' });
  hurry();
  await account.run(ResumeBatchDocument, { batchId });
  await followToEnd(account, batchId);
  expect(await getBatch(account, batchId)).toMatchObject({ progress: { completedCount: 20 } });
  expect((await planner.events(batchId)).filter((type) => type === 'BATCH_PLANNED')).toHaveLength(1);
});

it('lets a batch be cancelled while it is planned', async () => {
  await using planner = await startPlanning();
  const { account, batchId } = planner;
  await account.run(CancelBatchDocument, { batchId });
  expect(await getBatch(account, batchId)).toMatchObject({ status: 'CANCELLED' });
  expect(await planner.prisma().run.count({ where: { batchId: rowId(batchId) } })).toBe(0);
  await waitUntil('the end of the call', async () =>
    (await planner.calls(batchId)).every((call) => !call.endsWith('SENT')),
  );
  const posts = await planner.posts(batchId);
  expect(posts.every(({ status }) => status === 'CANCELLED' || status === 'COMPLETED')).toBe(true);
});

it('lets a planned batch be cancelled, but neither paused nor resumed', async () => {
  await using planner = await startPlanner();
  const { account } = planner;
  const order = { campaignId: await createCampaign(account), postCount: 2, review: true };
  const batchId = await startBatch(account, order);
  await waitForBatch(account, batchId, 'is planned', ({ status }) => status === 'PLANNED');
  const input = { batchId };
  expect((await account.run(PauseBatchDocument, input)).pauseBatch).toMatchObject({
    code: 'BATCH_STATE',
  });
  expect((await account.run(ResumeBatchDocument, input)).resumeBatch).toMatchObject({
    code: 'BATCH_STATE',
  });
  await account.run(CancelBatchDocument, input);
  expect(await getBatch(account, batchId)).toMatchObject({
    status: 'CANCELLED',
    progress: { cancelledCount: 2 },
  });
});

it('deletes a batch while it is planned, with its plan and what was bought of it', async () => {
  await using planner = await startPlanning({ review: true });
  const { account, batchId } = planner;
  await account.run(DeleteBatchDocument, { batchId });
  await waitUntil('the end of the batch', async () => (await planner.items(batchId)).length === 0);
  await waitUntil('the end of the call', async () =>
    (await planner.calls(batchId)).every((call) => !call.endsWith('SENT')),
  );
  const bought = await planner.prisma().providerCall.findMany({ where: { subjectId: rowId(batchId) } });
  expect(bought.map(({ result }) => result)).toEqual(bought.map(() => null));
});

it('pauses a batch whose budget does not suffice for its plan', async () => {
  await using planner = await startPlanner();
  const { account } = planner;
  const order = { campaignId: await createCampaign(account), postCount: 20, maxCost: 0.000_1 };
  const batchId = await startBatch(account, order);
  await waitForBatch(account, batchId, 'is paused', ({ status }) => status === 'PAUSED');
  expect(await getBatch(account, batchId)).toMatchObject({ pauseReason: 'BATCH_BUDGET_EXCEEDED' });
  expect(await planner.calls(batchId)).toEqual([]);
  await account.run(ResumeBatchDocument, { batchId, maxCost: 10 });
  await followToEnd(account, batchId);
  expect(await getBatch(account, batchId)).toMatchObject({ progress: { completedCount: 20 } });
});

it('plans the other items of a batch where one request keeps failing', async () => {
  await using planner = await startPlanner();
  const { account, app } = planner;
  // The request that tells the hook of the first item.
  app.simulator.control.setFaults([{ kind: 'bad_json', match: 'The failing one' }]);
  const rows = Array.from({ length: 140 }, (_, index) => (index === 0 ? { hook: 'The failing one' } : {}));
  const batchId = await startBatch(account, { campaignId: await createCampaign(account), rows });
  await waitUntil('the end of the plan', async () =>
    (await planner.events(batchId)).includes('BATCH_PLANNED'),
  );
  const items = await planner.items(batchId);
  expect(items.filter(({ position, plannedAt }) => position > 20 && plannedAt === null)).toEqual([]);
});
