import type { MigrationConnection } from '../../../src/store/migrations/migrations.ts';
import { applyMigrations, migrationNames } from '../../../src/store/migrations/migrations.ts';
import { wrongBatchSums, wrongMonthSums } from './spends.ts';

/** Before events were counted by account, posts had revisions, and rows a channel: all that rewrites rows is still to come. */
const firstPending = 'user_streams';

/** Posts of one batch. */
const batchSize = 1_000;

/** Of each four posts one has an image call in each status, and one has bought a second image that it does not show. */
const statuses = 4;

/**
 * Fills an empty database as an early version left it: completed posts of one account, with an event, a picture
 * and provider calls around the turn of a month for each.
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
      SELECT gen_random_uuid(), "ownerId", "campaignId", id, n, 'COMPLETED', 'A caption', ARRAY['CafÉ'], 'shown ' || id || n,
             'Cyclists', gen_random_uuid(), now()
      FROM batches, generate_series(1, ${batchSize}) n;
    INSERT INTO events ("batchId", seq, type, payload)
      SELECT id, n, 'POST_COMPLETED', '{}' FROM batches, generate_series(1, ${batchSize}) n;
    INSERT INTO provider_calls (id, "ownerId", "campaignId", "batchId", "subjectId", step, model, status,
                                "estimateMicros", "costMicros", result, "createdAt")
      SELECT gen_random_uuid(), p."ownerId", p."campaignId", p."batchId", p.id, c.step, 'a model', c.status::"ProviderCallStatus",
             40000 + p.position, c.cost, c.result,
             date_trunc('month', now(), 'UTC') + (p.position % 2 - 0.5) * interval '1 hour'
      FROM posts p CROSS JOIN LATERAL (VALUES
        (true, 'caption', 'SETTLED', 300 + p.position, '{}'::jsonb),
        (p.position % ${statuses} = 0, 'image', 'SETTLED', 30000, to_jsonb(p."imageKey")),
        (p.position % ${statuses} = 0, 'image:1', 'SETTLED', 30001, to_jsonb('unused ' || p.id)),
        (p.position % ${statuses} = 1, 'image', 'FAILED', NULL, NULL),
        (p.position % ${statuses} = 2, 'image', 'UNKNOWN', NULL, NULL),
        (p.position % ${statuses} = 3, 'image', 'SENT', NULL, NULL)) AS c(made, step, status, cost, result)
      WHERE c.made`);
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
           (SELECT count(*)::int FROM posts WHERE "hashtagKeys" = ARRAY['café']) AS tagged,
           (SELECT count(*)::int FROM post_revisions) AS revisions,
           (SELECT count(DISTINCT "userSeq")::int FROM events) AS events,
           (SELECT coalesce(max("lastSeq"), 0)::int FROM user_streams) AS "lastSeq",
           (SELECT count(*)::int FROM images) AS images,
           (SELECT count(*)::int FROM provider_calls) AS calls,
           (${wrongBatchSums}) AS "wrongBatchSums",
           (${wrongMonthSums}) AS "wrongMonthSums",
           (SELECT count(*)::int FROM _prisma_migrations WHERE finished_at IS NULL) AS unfinished,
           (SELECT array_agg(migration_name ORDER BY migration_name) FROM _prisma_migrations) AS migrations`);
  const expected = {
    posts,
    tagged: posts,
    revisions: posts * 3,
    events: posts,
    lastSeq: posts,
    images: posts + posts / statuses,
    calls: posts * 2 + posts / statuses,
    wrongBatchSums: 0,
    wrongMonthSums: 0,
    unfinished: 0,
    migrations: await migrationNames(),
  };
  const [is, should] = [JSON.stringify(found), JSON.stringify(expected)];
  return is === should ? undefined : `${is} instead of ${should}`;
}
