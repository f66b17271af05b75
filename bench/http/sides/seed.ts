import type { PrismaClient } from '../../../src/store/generated/prisma/client.ts';
import { z } from 'zod';

/** Campaigns of one account, and the posts of each: more than any page shows. */
const campaignCount = 25;
const postsPerCampaign = 40;

const idSchema = z.array(z.object({ id: z.string() }));

/**
 * Fills a database that Pressrun has migrated with completed posts.
 *
 * @param ownerId the row of their workspace.
 * @returns the row of a post.
 */
export async function seed(prisma: PrismaClient, ownerId: string): Promise<string> {
  await seedCampaigns(prisma, { ownerId, count: campaignCount, age: '1 hour' });
  await prisma.$executeRawUnsafe(
    `INSERT INTO batches (id, "ownerId", "campaignId", channel, status, "postCount", "completedCount", "finishedAt")
     SELECT gen_random_uuid(), "ownerId", id, channel, 'COMPLETED', ${postsPerCampaign}, ${postsPerCampaign}, now() FROM campaigns`,
  );
  const posts = await prisma.$queryRawUnsafe(
    `INSERT INTO posts (id, "ownerId", "campaignId", channel, "batchId", position, status, caption, hashtags, "imageKey",
                        "targetAudience", "jobId", "createdAt", "startedAt", "finishedAt")
     SELECT gen_random_uuid(), "ownerId", "campaignId", channel, id, n, 'COMPLETED',
            'Fresh beans, gentle roast: ' || n || ' reasons to start the day by bike.', '{#coffee,#bike,#spring}',
            encode(sha256(n::text::bytea), 'hex') || '.png', 'City people who cycle to work', gen_random_uuid(),
            "createdAt" - n * interval '1.234 seconds', now(), now()
     FROM batches, generate_series(1, ${postsPerCampaign}) AS n RETURNING id::text`,
  );
  await prisma.$executeRawUnsafe('VACUUM ANALYZE');
  const [post] = idSchema.parse(posts);
  if (post === undefined) throw new Error('no posts were written');
  return post.id;
}

/**
 * Writes campaigns.
 *
 * @param ownerId the row of their workspace.
 * @param age of the first one; the second is twice as old, and so on.
 * @returns their rows.
 */
export async function seedCampaigns(
  prisma: PrismaClient,
  { ownerId, count, age }: { ownerId: string; count: number; age: string },
): Promise<string[]> {
  const rows = await prisma.$queryRawUnsafe(
    `INSERT INTO campaigns (id, "ownerId", name, brand, description, tone, "targetAudience", language, channel, "createdAt", "updatedAt")
     SELECT gen_random_uuid(), '${ownerId}', 'Campaign ' || n, 'Alpenglow Coffee', 'A light roast from small farms.', 'FRIENDLY',
            'City people who cycle to work', 'en', 'INSTAGRAM', now() - n * interval '${age}', now()
     FROM generate_series(1, ${count}) AS n RETURNING id::text`,
  );
  return idSchema.parse(rows).map(({ id }) => id);
}
