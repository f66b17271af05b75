/** What Prisma's client has, or any other connection that runs SQL. */
type Runner = { $executeRawUnsafe(sql: string): PromiseLike<unknown> };

/**
 * Writes `count` campaigns of an account, each with a finished batch of one post; the first one also with
 * `count` running batches, the first of which has `count` posts, the first of which has `count` revisions. All posts are paid for,
 * each on a day of its own.
 */
export async function writeRows(prisma: Runner, ownerId: string, count: number): Promise<void> {
  // As valid as those of version 8, which are free to be made of anything.
  const id = (kind: string, n: string) =>
    `overlay(overlay(md5('${ownerId}' || '${kind}' || ${n}) PLACING '8' FROM 13) PLACING '8' FROM 17)::uuid`;
  const campaign = (n: string) => id('campaign', n);
  const batch = (n: string) => id('batch', n);
  const post = (n: string) => id('post', n);
  await prisma.$executeRawUnsafe(`
    INSERT INTO campaigns (id, "ownerId", name, brand, description, tone, "targetAudience", language, channel, "createdAt")
    SELECT ${campaign('n')}, '${ownerId}', 'Campaign ' || n, 'Brand', 'About it', 'BOLD', 'everybody', 'en', 'X', now() - n * interval '1 s'
    FROM generate_series(1, ${count}) n`);
  // Batches 1 to count are the campaigns' own, the others are newer and those of the first campaign.
  await prisma.$executeRawUnsafe(`
    INSERT INTO batches (id, "ownerId", "campaignId", channel, status, "postCount", "createdAt", "finishedAt")
    SELECT ${batch('n')}, '${ownerId}', CASE WHEN n <= ${count} THEN ${campaign('n')} ELSE ${campaign('1')} END, 'X',
           CASE WHEN n <= ${count} THEN 'COMPLETED' ELSE 'RUNNING' END::"BatchStatus", 1, now() - (CASE WHEN n <= ${count} THEN n + 1000 ELSE n END) * interval '1 s',
           CASE WHEN n <= ${count} THEN now() END
    FROM generate_series(1, 2 * ${count}) n`);
  await prisma.$executeRawUnsafe(`
    INSERT INTO posts (id, "ownerId", "campaignId", channel, "batchId", position, status, "targetAudience", "jobId", "captionRevision", "createdAt")
    SELECT ${post('n')}, '${ownerId}', CASE WHEN n <= ${count} THEN ${campaign('n')} ELSE ${campaign('1')} END, 'X',
           CASE WHEN n <= ${count} THEN ${batch('n')} ELSE ${batch(`(${count} + 1)`)} END, (n - 1) % ${count} + 1, 'COMPLETED', 'everybody',
           gen_random_uuid(), 1, now() - n * interval '1 s'
    FROM generate_series(1, 2 * ${count}) n`);
  await prisma.$executeRawUnsafe(`
    INSERT INTO post_revisions ("postId", number, field, author, text)
    SELECT ${post('n')}, 1, 'CAPTION'::"PostField", 'PERSON'::"RevisionAuthor", 'Caption' FROM generate_series(1, 2 * ${count}) n
    UNION ALL SELECT ${post(`(${count} + 1)`)}, n, 'CAPTION'::"PostField", 'PERSON'::"RevisionAuthor", 'Caption' FROM generate_series(2, ${count}) n`);
  await prisma.$executeRawUnsafe(`
    INSERT INTO provider_calls (id, "ownerId", "campaignId", "batchId", "subjectId", step, model, status, "inputTokens",
                                "outputTokens", "estimateMicros", "costMicros", "createdAt")
    SELECT gen_random_uuid(), '${ownerId}', p."campaignId", p."batchId", p.id, 'caption', 'gpt-5.4-mini', 'SETTLED', 10, 10, 100, 100,
           now() - p.position * interval '1 day'
    FROM posts p WHERE p."ownerId" = '${ownerId}'`);
  // The stream's older end is pruned: who comes with an old cursor is told of a gap.
  await prisma.$executeRawUnsafe(`INSERT INTO user_streams ("userId", "lastSeq") VALUES ('${ownerId}', 10)`);
  await prisma.$executeRawUnsafe(`
    INSERT INTO events ("batchId", seq, "ownerId", "userSeq", type, payload)
    VALUES (${batch('1')}, 10, '${ownerId}', 10, 'BATCH_COMPLETED',
            '{"postCount":1,"completedCount":1,"failedCount":0,"cancelledCount":0}')`);
}

/**
 * Gives the first running batch of `writeRows` a plan of `count` items. All its posts are those of the first item, and so is one
 * of another batch: each of them has `count` others.
 */
export async function writePlan(prisma: Runner, ownerId: string, count: number): Promise<void> {
  const first = `SELECT id FROM batches WHERE "ownerId" = '${ownerId}' AND status = 'RUNNING' ORDER BY "createdAt" DESC LIMIT 1`;
  await prisma.$executeRawUnsafe(`
    INSERT INTO plan_items (id, "ownerId", "campaignId", "batchId", position, angle, author, "plannedAt")
    SELECT gen_random_uuid(), "ownerId", "campaignId", id, n, 'Angle ' || n, 'MODEL'::"RevisionAuthor", now()
    FROM batches, generate_series(1, ${count}) n WHERE id = (${first})`);
  await prisma.$executeRawUnsafe(`
    UPDATE posts SET "planItemId" = (SELECT id FROM plan_items WHERE "ownerId" = '${ownerId}' AND position = 1)
    WHERE "batchId" = (${first}) OR id = (
      SELECT id FROM posts WHERE "ownerId" = '${ownerId}' AND "batchId" <> (${first}) LIMIT 1)`);
}
