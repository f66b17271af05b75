import pg from 'pg';

/** Campaigns of one account, and the posts of each: more than any page shows. */
const campaignCount = 25;
const postsPerCampaign = 40;

/**
 * Fills a database that Pressrun has migrated with completed posts.
 *
 * @param ownerId the row of their account.
 * @returns the row of a post.
 */
export async function seed(databaseUrl: string, ownerId: string): Promise<string> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    await client.query(
      `INSERT INTO campaigns (id, "ownerId", name, brand, description, tone, "targetAudience", language, channel, "createdAt", "updatedAt")
       SELECT gen_random_uuid(), $1, 'Campaign ' || n, 'Alpenglow Coffee', 'A light roast from small farms.', 'FRIENDLY',
              'City people who cycle to work', 'en', 'INSTAGRAM', now() - n * interval '1 hour', now()
       FROM generate_series(1, $2::int) AS n`,
      [ownerId, campaignCount],
    );
    await client.query(
      `INSERT INTO batches (id, "ownerId", "campaignId", channel, status, "postCount", "completedCount", "finishedAt")
       SELECT gen_random_uuid(), "ownerId", id, channel, 'COMPLETED', $1::int, $1::int, now() FROM campaigns`,
      [postsPerCampaign],
    );
    const { rows } = await client.query<{ id: string }>(
      `INSERT INTO posts (id, "ownerId", "campaignId", channel, "batchId", position, status, caption, hashtags, "imageKey",
                          "targetAudience", "jobId", "createdAt", "startedAt", "finishedAt")
       SELECT gen_random_uuid(), "ownerId", "campaignId", channel, id, n, 'COMPLETED',
              'Fresh beans, gentle roast: ' || n || ' reasons to start the day by bike.', '{#coffee,#bike,#spring}',
              encode(sha256(n::text::bytea), 'hex') || '.png', 'City people who cycle to work', gen_random_uuid(),
              "createdAt" - n * interval '1.234 seconds', now(), now()
       FROM batches, generate_series(1, $1::int) AS n RETURNING id`,
      [postsPerCampaign],
    );
    await client.query('VACUUM ANALYZE');
    const [post] = rows;
    if (post === undefined) throw new Error('no posts were written');
    return post.id;
  } finally {
    await client.end();
  }
}
