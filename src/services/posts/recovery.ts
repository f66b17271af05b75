import type { Changes } from '../../cache/changes.ts';
import { maxCrashes } from '../../domain/posts/suspects.ts';
import { closeCalls } from '../../provider/ledger/statements.ts';
import type { Database } from '../../store/database.ts';
import { Prisma } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import { jobIs, silentJobs } from '../../store/jobs/sql.ts';
import { abandoned } from './results.ts';
import { enqueuePosts, queuedPost, restoreJobs, type QueuedPost } from './queue.ts';
import type { PostWorkbench } from './workbench.ts';

/** Puts posts right that no worker works on any more. Many instances may run it at once. */
export type PostRecovery = {
  /** @returns jobs without a heartbeat for 10 s, and GENERATING posts whose job does not run. */
  findDead(): Promise<DeadJob[]>;
  /**
   * Puts the posts of dead jobs back in the queue and closes their calls. A post with too many crashes ends instead
   * (domain/posts/suspects.ts).
   *
   * @returns how many posts were put back, and how many ended.
   */
  recover(dead: readonly DeadJob[]): Promise<{ recovered: number; abandoned: number }>;
  /** Adds the missing jobs of posts of running batches. @returns how many posts got one. */
  restoreJobs(): Promise<number>;
  /** Closes the open calls of posts that nobody works on. @returns how many calls. */
  closeStrayCalls(): Promise<number>;
};

/** How long a heartbeat may be missing: three beats (engine/dispatcher.ts). */
const silentSeconds = 10;

/** Dead jobs that one look finds at most. */
const maxFound = 1_000;

export function createPostRecovery(deps: {
  database: Database;
  jobs: Jobs;
  workbench: PostWorkbench;
  changes: Changes;
}): PostRecovery {
  const { database, jobs, workbench, changes } = deps;
  return {
    findDead: () => database.query<DeadJob>(deadStatement, []),

    async recover(dead) {
      const posts = await database.transaction(async (tx) => {
        const lost = await tx.$queryRaw<LostPost[]>`
          WITH dead AS (
            SELECT * FROM jsonb_to_recordset(${JSON.stringify(dead)}::jsonb) AS d("jobId" uuid, "postId" uuid, "leaseId" uuid)
          ), held AS MATERIALIZED (
            SELECT id, status FROM batches
            WHERE id IN (SELECT p."batchId" FROM posts p JOIN dead d ON d."postId" = p.id) ORDER BY id FOR KEY SHARE
          )
          UPDATE posts p
          SET "jobId" = gen_random_uuid(), crashes = p.crashes + (p.status = 'GENERATING')::int,
              status = CASE WHEN p.crashes + (p.status = 'GENERATING')::int < ${maxCrashes} THEN 'PENDING'::"PostStatus" ELSE 'GENERATING' END,
              "leaseId" = CASE WHEN p.crashes + (p.status = 'GENERATING')::int < ${maxCrashes} THEN NULL ELSE gen_random_uuid() END
          FROM dead d, held b
          WHERE p.id = d."postId" AND p."jobId" = d."jobId" AND p."leaseId" IS NOT DISTINCT FROM d."leaseId"
            AND p.status IN ('PENDING', 'GENERATING') AND b.id = p."batchId"
          RETURNING ${queuedPost('p')}, p."campaignId", p."batchId", p."leaseId", b.status = 'RUNNING' AS "isRunning"`;
        await tx.$executeRaw(closeCalls(Prisma.sql`(${lost.map(({ id }) => id)}::uuid[])`));
        await jobs.remove(
          tx,
          'posts',
          dead.map(({ jobId }) => jobId),
        );
        // A paused batch has no jobs. Resuming it adds new ones.
        const again = lost.filter(({ leaseId, isRunning }) => leaseId === null && isRunning);
        await enqueuePosts(jobs, tx, again);
        return lost;
      });
      changes.posts(posts.map((post) => ({ ...post, postId: post.id })));
      const ended = await Promise.all(
        posts.flatMap(({ leaseId, id: subjectId, jobId, ownerId, campaignId, batchId }) => {
          if (leaseId === null) return [];
          const work = { subjectId, jobId, ownerId, campaignId, batchId, leaseId };
          return workbench.settle({ ...work, attempt: maxCrashes, isLastAttempt: true }, abandoned);
        }),
      );
      return { recovered: posts.length - ended.length, abandoned: ended.filter(Boolean).length };
    },

    async restoreJobs() {
      // Batches under reconciliation get their jobs from it.
      return database.transaction((tx) => restoreJobs(jobs, tx, Prisma.sql`b."reconcileFrom" IS NULL`));
    },

    closeStrayCalls: () =>
      database.prisma.$executeRaw(
        closeCalls(Prisma.sql`(
          SELECT s."subjectId" FROM provider_calls s LEFT JOIN posts p ON p.id = s."subjectId"
          WHERE s.status IN ('INTENT', 'SENT') AND s."batchId" IS NOT NULL AND p.status IS DISTINCT FROM 'GENERATING')`),
      ),
  };
}

/** A job that nobody works on, its post if there is one, and the lease that it had. */
export type DeadJob = { jobId: string; postId: string | null; leaseId: string | null };

type LostPost = QueuedPost & {
  campaignId: string;
  batchId: string;
  leaseId: string | null;
  isRunning: boolean;
};

/** Jobs without a heartbeat, and GENERATING posts whose job does not run. */
const deadStatement = `
    SELECT j.id AS "jobId", p.id AS "postId", p."leaseId"
    FROM (${silentJobs('posts', silentSeconds)}) j
    LEFT JOIN posts p ON p.id = (j.data->>'postId')::uuid AND p."jobId" = j.id
    UNION ALL
    SELECT p."jobId", p.id, p."leaseId" FROM posts p
    WHERE p.status = 'GENERATING' AND NOT ${jobIs('posts', 'p."jobId"', ['active'])}
    LIMIT ${maxFound}`;
