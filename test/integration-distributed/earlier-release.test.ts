import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { takeOverPosts } from '../../src/services/posts/earlier-release.ts';
import { test } from '../support/fixtures.ts';
import { waitUntil } from '../support/services/wait-until.ts';
import type { Workshop } from '../support/workshop.ts';

/** A batch as the release before leaves it: its posts have jobs of their own and no runs. */
async function batchOfEarlierRelease(workshop: Workshop, postCount: number) {
  const { viewer, campaignId } = await workshop.addAccount();
  const { id } = await workshop.batches.start(viewer, { campaignId, postCount });
  const { prisma } = workshop.database;
  await prisma.$executeRaw`DELETE FROM pgboss.job WHERE name = 'write-post'`;
  await prisma.run.deleteMany({ where: { batchId: id } });
  return { id, viewer };
}

/** Resolves when so many statements wait for locks of others. */
const waiters = (workshop: Workshop, count: number) =>
  waitUntil('statements that wait for locks', async () => {
    const [row] = await workshop.elsewhere.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
      [],
    );
    return (row?.n ?? 0) >= count;
  });

test('a post that a worker of the release before claims meanwhile stays with it', async ({ workshop }) => {
  const { id: batchId } = await batchOfEarlierRelease(workshop, 1);
  const leaseId = randomUUID();
  const claimed = Promise.withResolvers<void>();
  const mayCommit = Promise.withResolvers<void>();
  const claiming = workshop.elsewhere.transaction(async (tx) => {
    await tx.$executeRaw`
      UPDATE posts SET status = 'GENERATING', "leaseId" = ${leaseId}::uuid WHERE "batchId" = ${batchId}::uuid AND status = 'PENDING'`;
    claimed.resolve();
    await mayCommit.promise;
  });
  await claimed.promise;
  const taking = takeOverPosts(workshop);
  await waiters(workshop, 1);
  mayCommit.resolve();
  await claiming;
  expect(await taking).toBe(0);
  const { prisma } = workshop.database;
  expect(await prisma.post.findFirst({ where: { batchId } })).toMatchObject({
    status: 'GENERATING',
    leaseId,
  });
  expect(await prisma.run.count({ where: { batchId } })).toBe(0);
  await prisma.post.updateMany({ where: { batchId }, data: { status: 'COMPLETED', leaseId: null } });
});

test('workers that start at the same time take each post over once', async ({ workshop }) => {
  const { id: batchId } = await batchOfEarlierRelease(workshop, 50);
  const elsewhere = { database: workshop.elsewhere, jobs: workshop.jobs };
  const taken = await Promise.all([
    takeOverPosts(workshop),
    takeOverPosts(elsewhere),
    takeOverPosts(elsewhere),
  ]);
  expect(taken.toSorted((a, b) => b - a)).toEqual([50, 0, 0]);
  expect(await workshop.database.prisma.run.count({ where: { batchId, state: 'WAITING' } })).toBe(50);
});

test('a run whose post the release before has ended goes, so that the post can be regenerated', async ({
  workshop,
}) => {
  const { viewer, campaignId } = await workshop.addAccount();
  const { id: batchId } = await workshop.batches.start(viewer, { campaignId, postCount: 2 });
  const { prisma } = workshop.database;
  const [ended] = await prisma.post.findMany({ where: { batchId }, orderBy: { position: 'asc' } });
  await prisma.post.update({ where: { id: ended?.id ?? '' }, data: { status: 'COMPLETED' } });
  await takeOverPosts(workshop);
  const runs = await prisma.run.findMany({ where: { batchId } });
  expect(runs).toHaveLength(1);
  expect(runs[0]?.subjectId).not.toBe(ended?.id);
});
