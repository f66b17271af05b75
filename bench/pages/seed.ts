import { de } from '../../src/simulator/copy/banks/de.ts';
import { en } from '../../src/simulator/copy/banks/en.ts';
import { ja } from '../../src/simulator/copy/banks/ja.ts';
import type { Bank } from '../../src/simulator/copy/bank.ts';
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

/** Words for searches: those of `rare` are in the oldest captions and campaign names only, `old` in 1,000 of the oldest captions. */
export const words = {
  frequent: 'brand',
  old: 'Jubilee',
  rare: 'Moonlight',
  rareGerman: 'Frühstücksglück',
  rareJapanese: '月光の庭園',
  twoCharacters: 'we',
  none: 'words that nobody wrote',
  noTwoCharacters: 'ξψ',
};

/** Posts that one statement writes: more take longer than a statement may. */
const chunk = 50_000;

/** As many rows have what is rare, however many there are: the oldest, so that newest first they come last. */
const rare = 24;

/**
 * Writes one account with many posts: half of them in its largest campaign, as many as there may be in its largest
 * batch, the others spread over small batches. Statuses, reviews and channels go round, but for those that are rare: campaigns that are
 * ARCHIVED or for TIKTOK, batches that are PAUSED, posts that are FAILED, GENERATING or REJECTED. No campaign is for PINTEREST.
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
    SELECT ${idOf(1, 'n')}, ${own}, 'Campaign ' || md5(n::text) || CASE WHEN n < ${rare} THEN ' ${words.rare}' ELSE '' END, 'Brand', 'About it', 'BOLD', 'everybody', 'en',
           CASE WHEN n % 2 = 1 AND n < ${2 * rare} THEN 'TIKTOK' ELSE (enum_range(NULL::"Channel"))[1 + n / 2 % 4] END::"Channel",
           CASE WHEN n BETWEEN 1 AND ${rare} THEN 'ARCHIVED' ELSE 'ACTIVE' END::"CampaignStatus",
           timestamptz '2026-01-01' + n * interval '1 s', timestamptz '2026-01-01' + (n * 7919 % ${batches}) * interval '1 s'
    FROM generate_series(0, ${batches - 1}) n`);
  await run(`
    INSERT INTO batches (id, "ownerId", "campaignId", channel, status, "postCount", "createdAt", "finishedAt")
    SELECT ${idOf(2, 'n')}, ${own}, c.id, c.channel,
           CASE WHEN n < ${2 * rare} THEN 'PAUSED' ELSE ('{RUNNING,COMPLETED,CANCELLED}'::text[])[1 + n % 3] END::"BatchStatus",
           CASE n WHEN 0 THEN ${large} ELSE ${postsPerBatch} END, timestamptz '2026-01-01' + n * interval '1 s', now()
    FROM generate_series(0, ${batches - 1}) n JOIN campaigns c ON c.id = ${idOf(1, campaignOf('n'))}`);
  for (let from = 0; from < posts; from += chunk) {
    await run(`
    INSERT INTO posts (id, "ownerId", "campaignId", channel, "batchId", position, status, review, caption, "targetAudience", "jobId", "createdAt")
    SELECT ${idOf(3, 'n')}, ${own}, b."campaignId", b.channel, b.id,
           CASE WHEN n < ${large} THEN n + 1 ELSE (n - ${large}) % ${postsPerBatch} + 1 END,
           CASE WHEN n < ${rare} THEN 'FAILED' WHEN n < ${2 * rare} THEN 'GENERATING'
                ELSE ('{PENDING,COMPLETED,CANCELLED}'::text[])[1 + n % 3] END::"PostStatus",
           CASE WHEN n < ${rare} THEN 'REJECTED' ELSE ('{UNREVIEWED,APPROVED}'::text[])[1 + n % 2] END::"PostReview",
           ${captionOf('n')}, 'everybody', gen_random_uuid(), b."createdAt"
    FROM generate_series(${from}, ${Math.min(from + chunk, posts) - 1}) n
    JOIN batches b ON b.id = ${idOf(2, `CASE WHEN n < ${large} THEN 0 ELSE 1 + (n - ${large}) / ${postsPerBatch} END`)}`);
  }
  await run('VACUUM ANALYZE');
  // What was written is on disk before anything is measured.
  await run('CHECKPOINT');
  const { id: batchId, campaignId } = await prisma.batch.findFirstOrThrow({ orderBy: { id: 'asc' } });
  return { userId: user.id, campaignId, batchId };
}

/** SQL of the n-th caption: four sentences of one language, and words to search for. */
function captionOf(n: string): string {
  const sentences = (bank: Bank) =>
    `ARRAY[${[bank.bodies, bank.audience, ...Object.values(bank.openings), ...Object.values(bank.closings)]
      .flat()
      .map((sentence) => sentence.replace('{brand}', 'Brand').replace('{audience}', 'everybody'))
      .map((sentence) => `'${sentence.replaceAll("'", "''")}'`)
      .join(', ')}]`;
  const four = (bank: Bank) => {
    const picks = [7, 31, 97, 13].map(
      (step) =>
        `(${sentences(bank)})[1 + (${n}::bigint * ${step} / ${(step % 5) + 1} + ${n} % 11) % array_length(${sentences(bank)}, 1)]`,
    );
    return picks.join(` || '${bank.joiner}' || `);
  };
  return `CASE WHEN ${n} % 10 = 0 THEN ${four(ja)} WHEN ${n} % 10 < 4 THEN ${four(de)} ELSE ${four(en)} END
    || CASE WHEN ${n} < ${rare} THEN ' ${words.rare} ${words.rareGerman} ${words.rareJapanese}' ELSE '' END
    || CASE WHEN ${n} < 1000 THEN ' ${words.old}' ELSE '' END || ' No. ' || ${n}`;
}
