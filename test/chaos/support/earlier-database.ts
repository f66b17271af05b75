import type { MigrationConnection } from '../../../src/store/migrations.ts';
import { applyMigrations, migrationNames } from '../../../src/store/migrations.ts';

/** Before events were counted by account, posts had revisions, and rows a channel: all that rewrites rows is still to come. */
const firstPending = 'user_streams';

/** Posts of one batch. */
const batchSize = 1_000;

/**
 * Fills an empty database as an early version left it: completed posts of one account, and an event for each.
 *
 * @param posts how many, in whole batches of a thousand.
 */
export async function seedEarlierDatabase(connection: MigrationConnection, posts: number): Promise<void> {
  const names = await migrationNames();
  const pending = names.findIndex((name) => name.endsWith(firstPending));
  await applyMigrations(connection, () => undefined, names.slice(0, pending));
  await connection.execute(`
    INSERT INTO users (id, email, "passwordHash") VALUES (gen_random_uuid(), 'early@example.com', '');
    INSERT INTO campaigns (id, "ownerId", name, brand, description, tone, "targetAudience", language, channel)
      SELECT gen_random_uuid(), id, 'Early', 'Alpenglow', 'A light roast', 'FRIENDLY', 'Cyclists', 'en', 'X' FROM users;
    INSERT INTO batches (id, "ownerId", "campaignId", status, "postCount", "completedCount", "lastSeq", "finishedAt")
      SELECT gen_random_uuid(), "ownerId", id, 'COMPLETED', ${batchSize}, ${batchSize}, ${batchSize}, now()
      FROM campaigns, generate_series(1, ${posts / batchSize});
    INSERT INTO posts (id, "ownerId", "campaignId", "batchId", position, status, caption, hashtags, "imageKey",
                       "targetAudience", "jobId", "finishedAt")
      SELECT gen_random_uuid(), "ownerId", "campaignId", id, n, 'COMPLETED', 'A caption', ARRAY['coffee'], 'key',
             'Cyclists', gen_random_uuid(), now()
      FROM batches, generate_series(1, ${batchSize}) n;
    INSERT INTO events ("batchId", seq, type, payload)
      SELECT id, n, 'POST_COMPLETED', '{}' FROM batches, generate_series(1, ${batchSize}) n`);
}

/**
 * What is wrong with such a database after it was migrated, in one line; undefined where nothing is.
 *
 * @param posts as it was filled with; 0 for a database that began empty.
 */
export async function faultOf(
  query: (text: string) => Promise<object[]>,
  posts: number,
): Promise<string | undefined> {
  const [found] = await query(`
    SELECT (SELECT count(*)::int FROM posts WHERE channel = 'X' AND "revisionCount" = 3) AS posts,
           (SELECT count(*)::int FROM post_revisions) AS revisions,
           (SELECT count(DISTINCT "userSeq")::int FROM events) AS events,
           (SELECT coalesce(max("lastSeq"), 0)::int FROM user_streams) AS "lastSeq",
           (SELECT count(*)::int FROM _prisma_migrations WHERE finished_at IS NULL) AS unfinished,
           (SELECT array_agg(migration_name ORDER BY migration_name) FROM _prisma_migrations) AS migrations`);
  const expected = {
    posts,
    revisions: posts * 3,
    events: posts,
    lastSeq: posts,
    unfinished: 0,
    migrations: await migrationNames(),
  };
  const [is, should] = [JSON.stringify(found), JSON.stringify(expected)];
  return is === should ? undefined : `${is} instead of ${should}`;
}
