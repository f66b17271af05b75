import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { addRuns } from '../../../src/services/runs/queue.ts';
import { createReconciliation } from '../../../src/services/batches/reconciliation.ts';
import { createQueueReordering } from '../../../src/services/runs/reordering.ts';
import { test } from '../../support/fixtures.ts';
import type { Workshop } from '../../support/workshop.ts';

const add = (workshop: Workshop, ownerId: string, count: number, isShort: boolean) =>
  workshop.database.transaction((tx) =>
    addRuns(
      workshop.jobs,
      tx,
      ownerId,
      Array.from({ length: count }, () => ({ kind: 'write-post', subjectId: randomUUID(), isShort })),
    ),
  );

test('an order of one workspace does not wait behind the backlog of another that has regenerated much', async ({
  workshop,
}) => {
  const [busy, other] = [await workshop.addAccount(), await workshop.addAccount()];
  const { prisma } = workshop.database;
  await prisma.run.deleteMany();
  await workshop.batches.start(busy.viewer, { campaignId: busy.campaignId, postCount: 100 });
  await add(workshop, busy.viewer.workspaceId, 300, true);
  const last = await prisma.run.findFirstOrThrow({
    where: { isShort: true },
    orderBy: { queuePosition: 'desc' },
  });
  await prisma.run.update({ where: { id: last.id }, data: { state: 'RUNNING' } });
  const { id } = await workshop.batches.start(other.viewer, { campaignId: other.campaignId, postCount: 5 });
  const { _max } = await prisma.run.aggregate({ where: { batchId: id }, _max: { queuePosition: true } });
  expect(_max.queuePosition).toBe(4);
});

test('work that belongs to no batch keeps its place when batches of its workspace are reordered', async ({
  workshop,
}) => {
  const { viewer, campaignId } = await workshop.addAccount();
  const { prisma } = workshop.database;
  await prisma.run.deleteMany();
  await add(workshop, viewer.workspaceId, 1, false);
  await workshop.batches.start(viewer, { campaignId, postCount: 50, priority: 'LOW' });
  await workshop.batches.start(viewer, { campaignId, postCount: 3, priority: 'HIGH' });
  const [reconciliation, reordering] = [createReconciliation(workshop), createQueueReordering(workshop)];
  while ((await reconciliation.next()) || (await reordering.next()));
  const runs = await prisma.run.findMany({ orderBy: { queuePosition: 'asc' } });
  expect(runs[0]?.batchId).toBeNull();
});
