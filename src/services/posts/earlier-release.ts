import { closeCalls } from '../../provider/ledger/statements.ts';
import type { Database, Transaction } from '../../store/database.ts';
import { Prisma } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import { jobIs, silentJobs, waitingJobsOf } from '../../store/jobs/sql.ts';
import { addRuns } from '../runs/queue.ts';
import { isSteady } from '../runs/recovery.ts';

/** How many posts one transaction takes over. */
const takenAtOnce = 500;
/** As services/runs/recovery.ts has it. */
const silentSeconds = 10;

/**
 * Takes over some posts of the release before this one, which has neither runs nor plans: those that wait, and those whose worker is
 * dead. Those that wait for their plan or their image are none of it. Posts in hand stay with their workers, which may finish them. Ends runs whose posts that release has cancelled or deleted, and removes
 * jobs that it has added to posts with runs. Goes with that release.
 *
 * @returns how many posts were taken over; there may be more unless it is 0.
 */
export function takeOverPosts({ database, jobs }: { database: Database; jobs: Jobs }): Promise<number> {
  return database.transaction(async (tx) => {
    // One worker at a time: two would give the same post two runs.
    const [lock] = await tx.$queryRaw<{ isHeld: boolean }[]>`
      SELECT pg_try_advisory_xact_lock(hashtextextended('posts of the release before', 0)) AS "isHeld"`;
    if (lock?.isHeld !== true) return 0;
    // Its estimates for the queries below make just-in-time compilation take longer than they do.
    await tx.$executeRaw`SET LOCAL jit = off`;
    await tx.$executeRaw`
      DELETE FROM runs r WHERE r.kind = 'write-post' AND r.state = 'WAITING'
        AND NOT EXISTS (
          SELECT 1 FROM posts p WHERE p.id = r."subjectId" AND p.status IN ('PENDING', 'GENERATING'))`;
    await jobs.removeAll(tx, jobsOfPostsWithRuns);
    return takeSome(jobs, tx);
  });
}

async function takeSome(jobs: Jobs, tx: Transaction): Promise<number> {
  const posts = await tx.$queryRaw<TakenPost[]>`
    WITH found AS MATERIALIZED (
      SELECT p.id, p."batchId", p.status, p."leaseId", p."jobId"
      FROM posts p JOIN batches b ON b.id = p."batchId" AND b.status IN ('RUNNING', 'PAUSED')
      WHERE NOT EXISTS (SELECT 1 FROM runs r WHERE r."subjectId" = p.id)
        AND (p."planItemId" IS NULL OR p.status = 'GENERATING')
        AND (p.status = 'PENDING' OR (p.status = 'GENERATING' AND ${isDead}))
      ORDER BY p.turn LIMIT ${takenAtOnce}
    ), held AS MATERIALIZED (
      SELECT id, status FROM batches WHERE id IN (SELECT "batchId" FROM found) AND status IN ('RUNNING', 'PAUSED')
      ORDER BY id FOR KEY SHARE
    )
    UPDATE posts p SET status = 'PENDING', "leaseId" = NULL
    FROM found f, held b
    WHERE p.id = f.id AND b.id = p."batchId"
      AND p.status = f.status AND p."leaseId" IS NOT DISTINCT FROM f."leaseId" AND p."jobId" = f."jobId"
    RETURNING p.id, p."jobId", p."ownerId", p."campaignId", p."batchId", p."remakePart" IS NOT NULL AS "isShort", p.turn,
      b.status = 'RUNNING' AS "areWaiting"`;
  await tx.$executeRaw(closeCalls(Prisma.sql`(${posts.map(({ id }) => id)}::uuid[])`));
  await jobs.remove(
    tx,
    'posts',
    posts.map(({ jobId }) => jobId),
  );
  const inOrder = posts.toSorted((a, b) => a.turn - b.turn);
  const groups = Map.groupBy(inOrder, ({ ownerId, areWaiting }) => `${ownerId} ${areWaiting}`);
  for (const those of groups.values()) {
    const [first] = those;
    if (first === undefined) continue;
    const runs = those.map(({ id: subjectId, campaignId, batchId, isShort }) => ({
      kind: 'write-post',
      subjectId,
      campaignId,
      batchId,
      isShort,
    }));
    await addRuns(jobs, tx, first.ownerId, runs, { areWaiting: first.areWaiting });
  }
  return posts.length;
}

type TakenPost = {
  id: string;
  jobId: string;
  ownerId: string;
  campaignId: string;
  batchId: string;
  isShort: boolean;
  turn: number;
  areWaiting: boolean;
};

/** SQL: whether the worker of a post `p` in hand has stopped: its job does not run, or is silent though the database answers. */
const isDead =
  Prisma.raw(`EXISTS (SELECT 1 FROM recovery_watches WHERE ${isSteady}) AND (NOT ${jobIs(`'posts'`, 'p."jobId"', ['active'])}
  OR p."jobId" IN (SELECT id FROM (${silentJobs(`'{posts}'::text[]`, silentSeconds)}) silent))`);

/** A query of the jobs (queue and id) that the release before has added to posts with runs. */
const jobsOfPostsWithRuns = Prisma.raw(waitingJobsOf('posts', 'postId', 'SELECT "subjectId" FROM runs'));
