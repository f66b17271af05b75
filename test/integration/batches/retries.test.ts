import { expect } from 'vitest';
import { createReconciliation } from '../../../src/services/batches/reconciliation.ts';
import { test } from '../../support/fixtures.ts';
import { type Account, type Workshop } from '../../support/workshop.ts';

const next = (workshop: Workshop) => createReconciliation(workshop).next();

async function reconcile(workshop: Workshop) {
  while (await next(workshop));
}

/** A batch whose posts are all written and completed, but for those that have failed. */
async function batchWithFailures(
  workshop: Workshop,
  { viewer, campaignId }: Account,
  postCount: number,
  failed: number[],
) {
  const { id } = await workshop.batches.start(viewer, { campaignId, postCount });
  await reconcile(workshop);
  const { prisma } = workshop.database;
  await prisma.post.updateMany({ where: { batchId: id }, data: { status: 'COMPLETED' } });
  await prisma.run.deleteMany({ where: { batchId: id } });
  await prisma.batch.update({ where: { id }, data: { completedCount: postCount } });
  for (const position of failed) await fail(workshop, id, position);
  return id;
}

/** As a worker writes it. */
async function fail(workshop: Workshop, batchId: string, position: number) {
  const { prisma } = workshop.database;
  const [{ wasCompleted } = { wasCompleted: false }] = await prisma.$queryRaw<{ wasCompleted: boolean }[]>`
    SELECT status = 'COMPLETED' AS "wasCompleted" FROM posts WHERE "batchId" = ${batchId}::uuid AND position = ${position}`;
  const post = await prisma.post.update({
    where: { batchId_position: { batchId, position } },
    data: { status: 'FAILED' },
  });
  await prisma.run.deleteMany({ where: { subjectId: post.id } });
  await prisma.batch.update({
    where: { id: batchId },
    data: { failedCount: { increment: 1 }, completedCount: { decrement: wasCompleted ? 1 : 0 } },
  });
}

async function countsOf(workshop: Workshop, batchId: string) {
  const { prisma } = workshop.database;
  const batch = await prisma.batch.findUniqueOrThrow({ where: { id: batchId } });
  const rows = await prisma.post.groupBy({ by: ['status'], where: { batchId }, _count: true });
  const count = (wanted: string) => rows.find(({ status }) => status === wanted)?._count ?? 0;
  return {
    counted: [batch.completedCount, batch.failedCount, batch.cancelledCount],
    written: [count('COMPLETED'), count('FAILED'), count('CANCELLED')],
  };
}

test('a batch that is cancelled while failed posts are to run again counts a post that failed since as well', async ({
  workshop,
}) => {
  const account = await workshop.addAccount();
  const id = await batchWithFailures(workshop, account, 150, [120]);
  await workshop.batches.retryFailed(account.viewer, id);
  await next(workshop);
  await fail(workshop, id, 130);
  await workshop.batches.cancel(account.viewer, id);
  await reconcile(workshop);
  const { counted, written } = await countsOf(workshop, id);
  expect(counted).toEqual(written);
  expect(counted.reduce((sum, count) => sum + count)).toBe(150);
});

test('every post that was to run again does, however many fail meanwhile', async ({ workshop }) => {
  const account = await workshop.addAccount();
  const id = await batchWithFailures(workshop, account, 250, [50, 220]);
  await workshop.batches.retryFailed(account.viewer, id);
  await fail(workshop, id, 60);
  await fail(workshop, id, 70);
  await reconcile(workshop);
  const post = await workshop.database.prisma.post.findFirstOrThrow({
    where: { batchId: id, position: 220 },
  });
  expect(post.status).toBe('PENDING');
  const { counted, written } = await countsOf(workshop, id);
  expect(counted).toEqual(written);
});

test('a batch that an earlier version cancelled before its posts were written counts all of them', async ({
  workshop,
}) => {
  const account = await workshop.addAccount();
  const { viewer, campaignId } = account;
  const { id } = await workshop.batches.start(viewer, { campaignId, postCount: 250 });
  await next(workshop);
  // It counts what is written.
  await workshop.database.prisma.batch.update({
    where: { id },
    data: { status: 'CANCELLED', cancelledCount: 100, finishedAt: new Date() },
  });
  await workshop.database.prisma.post.updateMany({ where: { batchId: id }, data: { status: 'CANCELLED' } });
  await reconcile(workshop);
  expect(await countsOf(workshop, id)).toEqual({ counted: [0, 0, 250], written: [0, 0, 250] });
});
