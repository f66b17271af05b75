import { randomUUID } from 'node:crypto';
import { describe, expect } from 'vitest';
import { ResumeBatchDocument } from '../../../client/generated/graphql.ts';
import { crashesOfSuspects } from '../../../src/domain/runs/suspects.ts';
import { toGlobalId } from '../../../src/domain/ids.ts';
import { takeOverPosts } from '../../../src/services/posts/earlier-release.ts';
import type { PrismaClient } from '../../../src/store/generated/prisma/client.ts';
import { lockFetched } from '../../../src/store/jobs/sql.ts';
import { clientOf, createCampaign, signUp, startTestApp } from '../../support/app.ts';
import { followToEnd, getBatch, waitForBatch } from '../../support/batches.ts';
import { test } from '../../support/fixtures.ts';
import { rowId } from '../../support/workspaces.ts';
import { driftOf, type Workshop } from '../../support/workshop.ts';

type Campaign = { id: string; ownerId: string };

/** Writes a batch as the release before wrote it: posts without runs. @returns its id, and those of its posts in order. */
async function writeBatch(
  prisma: PrismaClient,
  { id: campaignId, ownerId }: Campaign,
  status: 'RUNNING' | 'PAUSED' | 'CANCELLED',
  posts: readonly ('PENDING' | 'GENERATING')[],
) {
  const batch = await prisma.batch.create({
    data: {
      ownerId,
      campaignId,
      channel: 'INSTAGRAM',
      status,
      postCount: posts.length,
      ...(status === 'PAUSED' ? { pauseReason: 'REQUESTED' } : {}),
      ...(status === 'CANCELLED'
        ? { cancelledCount: posts.length, finishedAt: new Date(), reconcileFrom: 1 }
        : {}),
    },
  });
  const rows = posts.map((state, index) => ({
    id: randomUUID(),
    ownerId,
    campaignId,
    channel: 'INSTAGRAM' as const,
    batchId: batch.id,
    position: index + 1,
    status: state,
    targetAudience: 'Cyclists',
    turn: index,
    jobId: randomUUID(),
    leaseId: state === 'GENERATING' ? randomUUID() : null,
  }));
  await prisma.post.createMany({ data: rows });
  return { id: batch.id, posts: rows.map(({ id }): string => id) };
}

/** Gives posts their jobs in the queue of that release. @param beatSecondsAgo the last heartbeat of a running job; undefined: it waits. */
async function writeJobs(
  prisma: PrismaClient,
  postIds: readonly string[],
  beatSecondsAgo?: number,
): Promise<void> {
  await prisma.$executeRaw`
    INSERT INTO pgboss.job (id, name, data, priority, group_id, state, started_on, heartbeat_on, heartbeat_seconds)
    SELECT "jobId", 'posts', jsonb_build_object('postId', id), -turn, "ownerId",
           (CASE WHEN ${beatSecondsAgo === undefined} THEN 'created' ELSE 'active' END)::pgboss.job_state,
           CASE WHEN ${beatSecondsAgo === undefined} THEN NULL ELSE now() END,
           now() - ${beatSecondsAgo ?? null}::int * interval '1 s', 60
    FROM posts WHERE id = ANY(${[...postIds]}::uuid[])`;
}

async function writeCall(
  prisma: PrismaClient,
  { id: campaignId, ownerId }: Campaign,
  batchId: string,
  call: { subjectId: string; step: string; status: 'INTENT' | 'SENT' | 'SETTLED'; result?: object },
): Promise<void> {
  const paid = call.status === 'SETTLED' ? { costMicros: 100n } : {};
  await prisma.providerCall.create({
    data: { ownerId, campaignId, batchId, model: 'gpt-5.4-mini', estimateMicros: 500n, ...paid, ...call },
  });
}

const bought = { caption: 'Bought by the release before.', hashtags: ['bought'] };

test('a start on the database of the release before makes every open post of it once, and buys again only what was on its way', async () => {
  let app = await startTestApp();
  await using opened = new AsyncDisposableStack();
  opened.defer(() => app[Symbol.asyncDispose]());
  const account = await signUp(app);
  const campaign = { id: rowId(await createCampaign(account)), ownerId: rowId(account.id) };
  const batches: Record<string, Awaited<ReturnType<typeof writeBatch>>> = {};
  app = await app.restart(async (prisma) => {
    const write = (
      ...args: Parameters<typeof writeBatch> extends [unknown, unknown, ...infer R] ? R : never
    ) => writeBatch(prisma, campaign, ...args);
    const running = await write('RUNNING', ['GENERATING', 'GENERATING', 'PENDING', 'PENDING', 'PENDING']);
    const [silent = '', without = '', ...waiting] = running.posts;
    await writeJobs(prisma, [silent], 3_600);
    await writeJobs(prisma, waiting);
    const call = (...[one]: [Parameters<typeof writeCall>[3]]) =>
      writeCall(prisma, campaign, running.id, one);
    await call({ subjectId: silent, step: 'caption', status: 'SETTLED', result: bought });
    await call({ subjectId: silent, step: 'image', status: 'SENT' });
    await call({ subjectId: without, step: 'caption', status: 'INTENT' });
    const paused = await write('PAUSED', ['PENDING', 'PENDING']);
    const cancelled = await write('CANCELLED', ['PENDING', 'PENDING']);
    Object.assign(batches, { running, paused, cancelled });
  });
  const { run } = clientOf(app, account.token);
  const now = { ...account, url: `${app.url}/graphql`, run };
  const globalId = (name: string) => toGlobalId('Batch', batches[name]?.id ?? '');
  await followToEnd(now, globalId('running'));
  expect(await getBatch(now, globalId('running'))).toMatchObject({ status: 'COMPLETED' });
  expect((await getBatch(now, globalId('paused'))).status).toBe('PAUSED');
  await run(ResumeBatchDocument, { batchId: globalId('paused') });
  await waitForBatch(now, globalId('paused'), 'is complete', ({ status }) => status === 'COMPLETED');
  await waitForBatch(now, globalId('cancelled'), 'is cancelled', ({ status }) => status === 'CANCELLED');

  await app
    .restart(async (prisma) => {
      const posts = await prisma.post.groupBy({ by: ['batchId', 'status'], _count: true });
      const counts = Object.entries(batches).map(([name, { id }]) => [
        name,
        posts.filter(({ batchId }) => batchId === id).map(({ status, _count }) => [status, _count]),
      ]);
      expect(counts).toEqual([
        ['running', [['COMPLETED', 5]]],
        ['paused', [['COMPLETED', 2]]],
        ['cancelled', [['CANCELLED', 2]]],
      ]);
      const told = await prisma.event.groupBy({
        by: ['streamId'],
        where: { type: 'POST_COMPLETED' },
        _count: true,
      });
      expect(told.map(({ _count }) => _count).toSorted((a, b) => a - b)).toEqual([2, 5]);
      const [silent = '', without = ''] = batches['running']?.posts ?? [];
      const calls = async (subjectId: string) =>
        (
          await prisma.providerCall.findMany({
            where: { subjectId },
            orderBy: [{ step: 'asc' }, { id: 'asc' }],
          })
        ).map(({ step, status }) => [step, status]);
      expect(await calls(silent)).toEqual([
        ['caption', 'SETTLED'],
        ['image', 'UNKNOWN'],
        ['image', 'SETTLED'],
      ]);
      expect(await calls(without)).toEqual([
        ['caption', 'FAILED'],
        ['caption', 'SETTLED'],
        ['image', 'SETTLED'],
      ]);
      expect(await prisma.post.findUnique({ where: { id: silent } })).toMatchObject({
        caption: bought.caption,
      });
      expect(await prisma.run.count()).toBe(0);
      expect(await prisma.$queryRaw`SELECT 1 FROM pgboss.job WHERE name = 'posts'`).toEqual([]);
    })
    .then((stopped) => (app = stopped));
});

/** As the release before claims posts: $1 the claims, $2 the crashes of suspects, $3 whether there is room for one. */
const claimOfBefore = `
  WITH wanted AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS w("postId" uuid, "jobId" uuid, "fetchedAt" bigint, "leaseId" uuid)
  ), running AS MATERIALIZED (
    SELECT id, "postCount" FROM batches
    WHERE id IN (SELECT p."batchId" FROM posts p JOIN wanted w ON w."postId" = p.id) AND status = 'RUNNING'
    ORDER BY id FOR KEY SHARE
  ), fetched AS MATERIALIZED (
    ${lockFetched(`'posts'`, 'wanted', '(SELECT count(*) FROM running) > 0')}
  ), suspect AS (
    SELECT p.id FROM posts p JOIN wanted w ON w."postId" = p.id AND w."jobId" = p."jobId" JOIN running b ON b.id = p."batchId"
    WHERE $3::boolean AND p.crashes >= $2::int AND p.status = 'PENDING' ORDER BY p.crashes, p.turn LIMIT 1
  )
  UPDATE posts p
  SET status = 'GENERATING', "leaseId" = w."leaseId", "startedAt" = coalesce(p."startedAt", now())
  FROM wanted w, fetched f, running b, campaigns c
  WHERE f.id = w."jobId" AND p.id = w."postId" AND p."jobId" = w."jobId" AND p.status = 'PENDING'
    AND (p.crashes < $2::int OR p.id = (SELECT id FROM suspect))
    AND b.id = p."batchId" AND c.id = p."campaignId"
  RETURNING p.id`;

/** As it puts posts of dead workers back: $1 the dead. */
const recoveryOfBefore = `
  WITH dead AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS d("jobId" uuid, "postId" uuid, "leaseId" uuid)
  ), held AS MATERIALIZED (
    SELECT id, status FROM batches
    WHERE id IN (SELECT p."batchId" FROM posts p JOIN dead d ON d."postId" = p.id) ORDER BY id FOR KEY SHARE
  )
  UPDATE posts p
  SET "jobId" = gen_random_uuid(), crashes = p.crashes + (p.status = 'GENERATING')::int, status = 'PENDING', "leaseId" = NULL
  FROM dead d, held b
  WHERE p.id = d."postId" AND p."jobId" = d."jobId" AND p."leaseId" IS NOT DISTINCT FROM d."leaseId"
    AND p.status IN ('PENDING', 'GENERATING') AND b.id = p."batchId"
  RETURNING p.id`;

/** A worker of the release before fetches all jobs of its queue and claims their posts. @returns those that it got. */
async function claimAsBefore({ database, jobs }: Workshop): Promise<string[]> {
  const fetched = await jobs.fetch('posts', 100);
  const claims = fetched.map(({ id, data, fetchedAt }) => ({
    ...Object(data),
    jobId: id,
    fetchedAt: fetchedAt.getTime(),
    leaseId: randomUUID(),
  }));
  const rows = await database.query<{ id: string }>(claimOfBefore, [
    JSON.stringify(claims),
    crashesOfSuspects,
    true,
  ]);
  return rows.map(({ id }) => id);
}

describe('while the release before runs beside this one', () => {
  test('its workers claim and recover no post that has a run', async ({ workshop }) => {
    const { database, batches } = workshop;
    const { viewer, campaignId } = await workshop.addAccount();
    const { id: batchId } = await batches.start(viewer, { campaignId, postCount: 3 });
    const posts = await database.prisma.post.findMany({ where: { batchId } });
    // It adds jobs for posts that wait without one, as these seem to.
    await writeJobs(
      database.prisma,
      posts.map(({ id }) => id),
    );
    expect(await claimAsBefore(workshop)).toEqual([]);
    await database.prisma.post.updateMany({ where: { batchId }, data: { status: 'GENERATING' } });
    const dead = posts.map(({ id: postId, jobId, leaseId }) => ({ postId, jobId, leaseId }));
    expect(await database.query(recoveryOfBefore, [JSON.stringify(dead)])).toEqual([]);
    const after = await database.prisma.post.findMany({ where: { batchId } });
    expect(after.map(({ status, jobId, leaseId, crashes }) => ({ status, jobId, leaseId, crashes }))).toEqual(
      posts.map(({ jobId }) => ({ status: 'GENERATING', jobId, leaseId: null, crashes: 0 })),
    );
  });

  test('its workers keep the posts that they have in hand, and lose them when they die, to one run each', async ({
    workshop,
  }) => {
    const { database, elsewhere, jobs } = workshop;
    const { prisma } = database;
    const { campaign } = await workshop.addAccount();
    const states = Array.from({ length: 100 }, () => 'PENDING' as const);
    const { posts } = await writeBatch(prisma, campaign, 'RUNNING', states);
    const inHand = posts.slice(0, 2);
    await writeJobs(prisma, inHand);
    expect((await claimAsBefore(workshop)).toSorted()).toEqual(inHand.toSorted());
    const runs = () => prisma.run.findMany({ where: { subjectId: { in: posts } } });
    const takeOver = () =>
      Promise.all([takeOverPosts({ database, jobs }), takeOverPosts({ database: elsewhere, jobs })]);
    expect((await takeOver()).toSorted((a, b) => a - b)).toEqual([0, 98]);
    expect((await runs()).map(({ subjectId }) => subjectId).filter((id) => inHand.includes(id))).toEqual([]);
    await prisma.$executeRaw`UPDATE pgboss.job SET heartbeat_on = now() - interval '1 min' WHERE name = 'posts'`;
    await workshop.beSteady();
    expect((await takeOver()).toSorted((a, b) => a - b)).toEqual([0, 2]);
    expect((await runs()).map(({ subjectId }) => subjectId).toSorted()).toEqual(posts.toSorted());
    expect(await driftOf(database)).toEqual([]);
  });

  test('its workers get no post that waits for the image of another, and those in their hands come back', async ({
    workshop,
  }) => {
    const { database, batches, jobs } = workshop;
    const { prisma } = database;
    const { viewer, campaignId } = await workshop.addAccount();
    const part = 'given';
    const row = { angle: part, hook: part, keyMessage: part, scene: part, audience: part };
    const order = { campaignId, rows: [row], languages: ['en', 'de', 'fr'] };
    const { id: batchId } = await batches.start(viewer, order);
    const posts = await prisma.post.findMany({ where: { batchId }, orderBy: { position: 'asc' } });
    await writeJobs(
      prisma,
      posts.map(({ id }) => id),
    );
    expect(await claimAsBefore(workshop)).toEqual([]);
    expect(await takeOverPosts({ database, jobs })).toBe(0);
    expect(await prisma.run.count({ where: { subjectId: { in: posts.map(({ id }) => id) } } })).toBe(1);
    // As one that it claimed before this release's trigger was there.
    const last = posts.at(-1)?.id ?? '';
    await prisma.post.update({ where: { id: last }, data: { status: 'GENERATING' } });
    await prisma.$executeRaw`DELETE FROM pgboss.job WHERE name = 'posts'`;
    await workshop.beSteady();
    expect(await takeOverPosts({ database, jobs })).toBe(1);
    expect(await prisma.post.findUnique({ where: { id: last } })).toMatchObject({ status: 'PENDING' });
  });
});
