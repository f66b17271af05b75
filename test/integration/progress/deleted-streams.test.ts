import { expect } from 'vitest';
import { appendToStream } from '../../../src/events/append.ts';
import { createLocalBus } from '../../../src/events/bus.ts';
import { createSessions } from '../../../src/services/accounts/sessions.ts';
import { createBatchDeletion } from '../../../src/services/deletion/batches.ts';
import { createCampaignDeletion } from '../../../src/services/deletion/campaigns.ts';
import { createUserDeletion } from '../../../src/services/deletion/users.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { test } from '../../support/fixtures.ts';
import type { Workshop } from '../../support/workshop.ts';

/** More than two parts. */
const pausesPerBatch = 2_500;

/** A cancelled batch with a long history. */
async function longHistory(workshop: Workshop) {
  const { viewer, campaign, campaignId } = await workshop.addAccount();
  const { id: batchId } = await workshop.batches.start(viewer, { campaignId, postCount: 1 });
  await workshop.batches.cancel(viewer, batchId);
  const ownerId = viewer.workspaceId;
  await workshop.database.prisma.event.createMany({
    data: Array.from({ length: pausesPerBatch }, (_, index) => ({
      streamId: batchId,
      ownerId,
      seq: 3 + index,
      userSeq: 3 + index,
      type: 'BATCH_PAUSED',
      payload: {},
    })),
  });
  await workshop.database.prisma.userStream.update({
    where: { userId: ownerId },
    data: { lastSeq: 2 + pausesPerBatch },
  });
  return { viewer, campaign, batchId, ownerId };
}

/** Deletes to the end. Expects each part to delete at most 1,000 events, and none to be left. */
async function expectParts(workshop: Workshop, ownerId: string, next: () => Promise<boolean>) {
  const count = () => workshop.database.prisma.event.count({ where: { ownerId } });
  const counts = [await count()];
  while (await next()) counts.push(await count());
  const parts = counts.slice(1).map((left, index) => (counts[index] ?? 0) - left);
  expect(parts.filter((deleted) => deleted > 0).length).toBeGreaterThan(2);
  expect(Math.max(...parts)).toBe(1_000);
  expect(await count()).toBe(0);
}

test('the events of a deleted batch go in parts, before the batch', async ({ workshop }) => {
  const { batchId, ownerId } = await longHistory(workshop);
  const { prisma } = workshop.database;
  await prisma.batch.update({ where: { id: batchId }, data: { deletedAt: new Date() } });
  const deletion = createBatchDeletion({ ...workshop, bus: createLocalBus() });
  await expectParts(workshop, ownerId, deletion.next);
  expect(await prisma.batch.count({ where: { id: batchId } })).toBe(0);
});

test('the events of a deleted campaign go in parts', async ({ workshop }) => {
  const { campaign, ownerId } = await longHistory(workshop);
  const data = { status: 'ARCHIVED', deletedAt: new Date() } as const;
  await workshop.database.prisma.campaign.update({ where: { id: campaign.id }, data });
  await expectParts(workshop, ownerId, createCampaignDeletion(workshop).next);
});

test('the events of a deleted account go in parts, also those of streams that are not of batches', async ({
  workshop,
}) => {
  const { viewer, ownerId } = await longHistory(workshop);
  const { database } = workshop;
  const pages = Array.from({ length: 1_500 }, () => ({ type: 'PAGE_READ' }));
  const stream = { id: crypto.randomUUID(), ownerId };
  await database.transaction((tx) => appendToStream(tx, stream, pages));
  const logger = createLogger('silent');
  const sessions = createSessions(database, { isShared: false, logger });
  const deletion = createUserDeletion({ ...workshop, sessions, logger });
  await deletion.run(viewer);
  await expectParts(workshop, ownerId, deletion.next);
  expect(await database.prisma.stream.count({ where: { ownerId } })).toBe(0);
  expect(await database.prisma.user.count({ where: { id: viewer.userId } })).toBe(0);
  sessions.close();
});
