import { expect } from 'vitest';
import { createReconciliation } from '../../../src/services/batches/reconciliation.ts';
import { writeItems } from '../../../src/services/plans/items.ts';
import { createQueueReordering } from '../../../src/services/runs/reordering.ts';
import { test } from '../../support/fixtures.ts';
import type { Workshop } from '../../support/workshop.ts';

async function reorderAll(workshop: Workshop) {
  const reordering = createQueueReordering(workshop);
  while (await reordering.next());
}

async function reconcile(workshop: Workshop) {
  const reconciliation = createReconciliation(workshop);
  while (await reconciliation.next());
}

/** Batches of these posts, in the order of their queue positions. */
async function orderOf(workshop: Workshop, batchIds: string[]) {
  const runs = await workshop.database.prisma.run.findMany({
    where: { batchId: { in: batchIds }, state: 'WAITING' },
    orderBy: { queuePosition: 'asc' },
  });
  return runs.map(({ batchId }) => batchIds.indexOf(batchId ?? ''));
}

test('a small batch that is paused and resumed before its new priority counts comes first all the same', async ({
  workshop,
}) => {
  const { viewer, campaignId } = await workshop.addAccount();
  const { batches } = workshop;
  const ids = [
    (await batches.start(viewer, { campaignId, postCount: 5 })).id,
    (await batches.start(viewer, { campaignId, postCount: 5 })).id,
  ];
  const urgent = ids[1] ?? '';
  await batches.setPriority(viewer, urgent, 'HIGH');
  await batches.pause(viewer, urgent);
  await batches.resume(viewer, urgent);
  await reorderAll(workshop);
  expect(await orderOf(workshop, ids)).toEqual([...Array(5).fill(1), ...Array(5).fill(0)]);
});

test('while the queue of a large workspace is reordered, orders of others are written', async ({
  workshop,
}) => {
  const [large, other] = [await workshop.addAccount(), await workshop.addAccount()];
  const { batches } = workshop;
  const { id } = await batches.start(large.viewer, { campaignId: large.campaignId, postCount: 1_000 });
  await reconcile(workshop);
  await batches.setPriority(large.viewer, id, 'HIGH');
  const reordering = createQueueReordering(workshop);
  expect(await reordering.next()).toBe(true);
  // Dealt as far as one short transaction goes.
  const { reconcileFrom } = await workshop.database.prisma.batch.findUniqueOrThrow({ where: { id } });
  expect(reconcileFrom).toBe(1_001);
  const order = await batches.start(other.viewer, { campaignId: other.campaignId, postCount: 150 });
  await reconcile(workshop);
  expect(await workshop.database.prisma.post.count({ where: { batchId: order.id } })).toBe(150);
  while (await reordering.next());
  const after = await workshop.database.prisma.batch.findUniqueOrThrow({ where: { id } });
  expect(after.reconcileFrom).toBeNull();
});

test('a priority that is set during an earlier reordering is the one that counts', async ({ workshop }) => {
  const { viewer, campaignId } = await workshop.addAccount();
  const { batches } = workshop;
  const ids: string[] = [];
  for (let order = 0; order < 3; order += 1)
    ids.push((await batches.start(viewer, { campaignId, postCount: 5 })).id);
  await batches.setPriority(viewer, ids[1] ?? '', 'HIGH');
  const reordering = createQueueReordering(workshop);
  await reordering.next();
  await batches.setPriority(viewer, ids[0] ?? '', 'LOW');
  while (await reordering.next());
  expect(await orderOf(workshop, ids)).toEqual([
    ...Array(5).fill(1),
    ...Array(5).fill(2),
    ...Array(5).fill(0),
  ]);
});

test('a small batch comes before those of lower priority that wait, and behind its equals', async ({
  workshop,
}) => {
  const { viewer, campaignId } = await workshop.addAccount();
  const ids: string[] = [];
  for (const priority of ['LOW', 'NORMAL', 'HIGH', 'HIGH', null] as const) {
    const { id } = await workshop.batches.start(viewer, { campaignId, postCount: 2, priority });
    ids.push(id);
    await reorderAll(workshop);
  }
  expect(await orderOf(workshop, ids)).toEqual([2, 2, 3, 3, 1, 1, 4, 4, 0, 0]);
});

test('posts that are planned after orders of a lower priority come before them', async ({ workshop }) => {
  const { viewer, campaignId } = await workshop.addAccount();
  const { batches, database, jobs } = workshop;
  const rows = [{ hook: 'A tin for the road' }, { hook: 'Roasted at dawn' }];
  const planned = await batches.start(viewer, { campaignId, rows, priority: 'NORMAL' });
  const low = await batches.start(viewer, { campaignId, postCount: 5, priority: 'LOW' });
  await reorderAll(workshop);
  const parts = { angle: 'a', hook: 'h', keyMessage: 'k', scene: 's', audience: 'b' };
  const items = rows.map((_, index) => ({ position: index + 1, ...parts }));
  await database.transaction(async (tx) => {
    await tx.$queryRaw`SELECT 1 FROM batches WHERE id = ${planned.id}::uuid FOR NO KEY UPDATE`;
    await writeItems(jobs, tx, planned.id, items);
  });
  await reorderAll(workshop);
  const runs = await database.prisma.run.findMany({
    where: { ownerId: viewer.workspaceId, kind: 'write-post' },
    orderBy: { queuePosition: 'asc' },
  });
  expect(runs.map(({ batchId }) => batchId)).toEqual([
    ...Array<string>(2).fill(planned.id),
    ...Array<string>(5).fill(low.id),
  ]);
});
