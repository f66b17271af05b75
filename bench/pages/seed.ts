import type { PrismaClient } from '../../src/store/generated/prisma/client.ts';

/** What the rows of one account hang on: the campaign and the batch that have most of them. */
export type Seeded = { userId: string; campaignId: string; batchId: string };

/** Posts of a batch; all of them are ordered in one moment. */
const postsPerBatch = 5;
/** No batch is larger. */
const largestBatch = 10_000;

/** The n-th id of a kind: in the order of n, as those of version 7 come in the order of time. */
const idOf = (kind: number, n: string) =>
  `('019e${kind}000-0000-7000-8000-' || lpad(to_hex(${n}), 12, '0'))::uuid`;

/**
 * Writes one account with many posts: half of them in its largest campaign, as many as there may be in its largest
 * batch, the others spread over small batches. Statuses, reviews and channels go round.
 */
export async function seed(prisma: PrismaClient, posts: number): Promise<Seeded> {
  const user = await prisma.user.create({ data: { email: 'bench@example.com', passwordHash: '' } });
  const large = Math.min(largestBatch, posts / 4);
  const batches = 1 + (posts - large) / postsPerBatch;
  const own = `'${user.id}'`;
  const run = (sql: string) => prisma.$executeRawUnsafe(sql);
  const campaignOf = (batch: string) => `CASE WHEN ${batch} % 2 = 0 THEN 0 ELSE ${batch} END`;
  await run(`
    INSERT INTO campaigns (id, "ownerId", name, brand, description, tone, "targetAudience", language, channel, status, "createdAt", "updatedAt")
    SELECT ${idOf(1, 'n')}, ${own}, 'Campaign ' || md5(n::text), 'Brand', 'About it', 'BOLD', 'everybody', 'en',
           (enum_range(NULL::"Channel"))[1 + n % 6], (enum_range(NULL::"CampaignStatus"))[1 + n % 2],
           timestamptz '2026-01-01' + n * interval '1 s', timestamptz '2026-01-01' + (n * 7919 % ${batches}) * interval '1 s'
    FROM generate_series(0, ${batches - 1}) n`);
  await run(`
    INSERT INTO batches (id, "ownerId", "campaignId", status, "postCount", "createdAt", "finishedAt")
    SELECT ${idOf(2, 'n')}, ${own}, ${idOf(1, campaignOf('n'))}, (enum_range(NULL::"BatchStatus"))[1 + n % 4],
           CASE n WHEN 0 THEN ${large} ELSE ${postsPerBatch} END, timestamptz '2026-01-01' + n * interval '1 s', now()
    FROM generate_series(0, ${batches - 1}) n`);
  await run(`
    INSERT INTO posts (id, "ownerId", "campaignId", "batchId", position, status, review, caption, "targetAudience", "jobId", "createdAt")
    SELECT ${idOf(3, 'n')}, ${own}, ${idOf(1, campaignOf('b'))}, ${idOf(2, 'b')},
           CASE WHEN n < ${large} THEN n + 1 ELSE (n - ${large}) % ${postsPerBatch} + 1 END,
           (enum_range(NULL::"PostStatus"))[1 + n % 5], (enum_range(NULL::"PostReview"))[1 + n % 3],
           repeat('A caption of a usual length. ', 8), 'everybody', gen_random_uuid(), timestamptz '2026-01-01' + b * interval '1 s'
    FROM (SELECT n, CASE WHEN n < ${large} THEN 0 ELSE 1 + (n - ${large}) / ${postsPerBatch} END AS b
          FROM generate_series(0, ${posts - 1}) n) place`);
  await run('VACUUM ANALYZE');
  // What was written is on disk before anything is measured.
  await run('CHECKPOINT');
  const { id: batchId, campaignId } = await prisma.batch.findFirstOrThrow({ orderBy: { id: 'asc' } });
  return { userId: user.id, campaignId, batchId };
}
