import { expect, it } from 'vitest';
import { createCampaign, signUp, startTestApp } from '../../support/app.ts';

it('a version from before channels starts a batch beside this one: its rows get the channel of their campaign', async () => {
  await using app = await startTestApp();
  await createCampaign(await signUp(app), { channel: 'LINKEDIN' });
  await using _ = await app.restart(async (prisma) => {
    // What such a version writes.
    await prisma.$executeRaw`
      INSERT INTO batches (id, "ownerId", "campaignId", "postCount")
      SELECT gen_random_uuid(), "ownerId", id, 1 FROM campaigns`;
    await prisma.$executeRaw`
      INSERT INTO posts (id, "ownerId", "campaignId", "batchId", position, "targetAudience", "jobId")
      SELECT gen_random_uuid(), "ownerId", "campaignId", id, 1, 'Cyclists', gen_random_uuid() FROM batches`;
    const batches = await prisma.batch.findMany();
    const posts = await prisma.post.findMany();
    expect([...batches, ...posts].map(({ channel }) => channel)).toEqual(['LINKEDIN', 'LINKEDIN']);
  });
});
