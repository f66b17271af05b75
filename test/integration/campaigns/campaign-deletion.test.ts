import { afterAll, beforeAll, expect, it } from 'vitest';
import { createCampaignDeletion, type CampaignDeletion } from '../../../src/services/deletion/campaigns.ts';
import { createCampaigns } from '../../../src/services/campaigns/campaigns.ts';
import { createReconciliation } from '../../../src/services/batches/reconciliation.ts';
import { openWorkshop, type Workshop } from '../../support/workshop.ts';

let workshop: Workshop;
let deletion: CampaignDeletion;
beforeAll(async () => {
  workshop = await openWorkshop();
  deletion = createCampaignDeletion(workshop);
});
afterAll(() => workshop[Symbol.asyncDispose]());

/** A campaign with a batch of 250 posts, all of which have failed, whose deletion was begun by a process that is gone. */
async function half() {
  // The oldest is worked on first.
  while (await deletion.next());
  const { viewer, campaign, campaignId } = await workshop.addAccount();
  const { id: batchId } = await workshop.batches.start(viewer, { campaignId, postCount: 250 });
  const reconciliation = createReconciliation(workshop);
  while (await reconciliation.next());
  const { prisma } = workshop.database;
  await prisma.post.updateMany({ where: { batchId }, data: { status: 'FAILED' } });
  await prisma.batch.update({
    where: { id: batchId },
    data: { status: 'COMPLETED', failedCount: 250, finishedAt: new Date() },
  });
  await prisma.campaign.update({
    where: { id: campaign.id },
    data: { status: 'ARCHIVED', deletedAt: new Date() },
  });
  await deletion.next();
  expect(await prisma.post.count({ where: { batchId } })).toBe(150);
  return { viewer, campaign, campaignId, batchId };
}

it('a deletion whose process is gone is brought to its end by the workers', async () => {
  const { campaign, batchId } = await half();
  while (await deletion.next());
  const { prisma } = workshop.database;
  expect(await prisma.campaign.count({ where: { id: campaign.id } })).toBe(0);
  expect(await prisma.post.count({ where: { batchId } })).toBe(0);
});

it('failed posts of a campaign that is being deleted are not run again, and none is bought anew', async () => {
  const { viewer, batchId } = await half();
  const refusal = await workshop.batches.retryFailed(viewer, batchId).then(() => 'retried', String);
  expect(refusal).toContain('CANCELLED');
  const reconciliation = createReconciliation(workshop);
  while (await reconciliation.next());
  const { prisma } = workshop.database;
  expect(await prisma.post.count({ where: { batchId, status: 'PENDING' } })).toBe(0);
});

it('a campaign that is being deleted is found by nobody and takes no batch', async () => {
  const { viewer, campaign, campaignId } = await half();
  const { database, changes } = workshop;
  const campaigns = createCampaigns({ database, changes, deletion });
  expect(await campaigns.find(viewer, campaign.id)).toBeNull();
  expect(await campaigns.count(viewer, {})).toBe(0);
  const order = { by: 'createdAt', direction: 'DESC' } as const;
  const { edges } = await campaigns.list(viewer, { filter: {}, order, page: { first: 5 } });
  expect(edges).toEqual([]);
  const refusals = await Promise.all([
    campaigns.setStatus(viewer, campaign.id, 'ACTIVE').then(() => undefined, String),
    campaigns.update(viewer, campaign.id, { channel: 'X' }).then(() => undefined, String),
    workshop.batches.start(viewer, { campaignId, postCount: 1 }).then(() => undefined, String),
    campaigns.delete(viewer, campaign.id).then(() => undefined, String),
  ]);
  for (const refusal of refusals) expect(refusal).toContain('There is no campaign with this id.');
});
