import type { Work } from '../domain/work.ts';
import type { Database } from '../store/database.ts';
import type { Jobs } from '../store/jobs.ts';
import { enqueuePosts, type QueuedPost } from './post-queue.ts';
import type { PostWorkbench } from './post-work.ts';

/** What mends posts that no worker has in hand any more. Both may run on many instances at once. */
export type PostRecovery = {
  /** Ends as FAILED what took its workers down until the queue gave up. @returns how many posts. */
  failAbandoned(): Promise<number>;
  /** Gives posts of running batches whose job is gone a new one. @returns how many posts. */
  restoreJobs(): Promise<number>;
};

const atMost = 1_000;

export function createPostRecovery(deps: {
  database: Database;
  jobs: Jobs;
  workbench: PostWorkbench;
}): PostRecovery {
  const { database, jobs, workbench } = deps;
  return {
    async failAbandoned() {
      const abandoned = await database.prisma.$queryRaw<Omit<Work, 'attempt' | 'isLastAttempt'>[]>`
        UPDATE posts p SET status = 'GENERATING', "leaseId" = gen_random_uuid()
        WHERE p.id IN (
          SELECT q.id FROM posts q JOIN pgboss.job j ON j.name = 'posts' AND j.id = q."jobId"
            JOIN batches b ON b.id = q."batchId" AND b.status <> 'CANCELLED'
          WHERE q.status IN ('PENDING', 'GENERATING') AND j.state = 'failed'
          LIMIT ${atMost} FOR UPDATE OF q SKIP LOCKED)
        RETURNING p.id AS "subjectId", p."jobId", p."ownerId", p."campaignId", p."batchId", p."leaseId"`;
      const settled = await Promise.all(
        abandoned.map((work) =>
          workbench.settle(
            { ...work, attempt: 0, isLastAttempt: true },
            {
              status: 'FAILED',
              errorCode: 'ABANDONED',
              errorMessage: 'The worker that made this post stopped several times in the middle of it.',
            },
          ),
        ),
      );
      return settled.filter(Boolean).length;
    },

    async restoreJobs() {
      return database.transaction(async (tx) => {
        const posts = await tx.$queryRaw<QueuedPost[]>`
          SELECT p.id, p."jobId", p."ownerId", p.turn
          FROM posts p JOIN batches b ON b.id = p."batchId"
          WHERE p.status IN ('PENDING', 'GENERATING') AND b.status = 'RUNNING' AND b."reconcileFrom" IS NULL
            AND NOT EXISTS (SELECT 1 FROM pgboss.job j WHERE j.name = 'posts' AND j.id = p."jobId"
                            AND j.state IN ('created', 'retry', 'active', 'failed'))
          ORDER BY p.turn LIMIT ${atMost} FOR UPDATE OF p SKIP LOCKED`;
        if (posts.length === 0) return 0;
        await jobs.remove(
          tx,
          'posts',
          posts.map(({ jobId }) => jobId),
        );
        await enqueuePosts(jobs, tx, posts);
        return posts.length;
      });
    },
  };
}
