import { z } from 'zod';
import type { Transaction } from '../../store/database.ts';
import { Prisma } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import { jobIs } from '../../store/jobs/sql.ts';

/** What a job of the queue `posts` carries. */
export const postJobSchema = z.object({ postId: z.uuid() });

/** A waiting post with its job. `queuePosition` is the column `turn`: lower positions run first. */
export type QueuedPost = { id: string; jobId: string; ownerId: string; queuePosition: number };

/** The columns of a QueuedPost. @param posts the name that the statement gives the posts. */
export function queuedPost(posts: string): Prisma.Sql {
  return Prisma.raw(`${posts}.id, ${posts}."jobId", ${posts}."ownerId", ${posts}.turn AS "queuePosition"`);
}

/**
 * Adds the jobs of posts, each in its workspace's group.
 *
 * @param delaySeconds how long they wait before they may run.
 */
export function enqueuePosts(
  jobs: Jobs,
  tx: Transaction,
  posts: readonly QueuedPost[],
  delaySeconds = 0,
): Promise<void> {
  return jobs.enqueue(
    tx,
    'posts',
    posts.map(({ id, jobId, ownerId, queuePosition }) => ({
      id: jobId,
      data: { postId: id } satisfies z.input<typeof postJobSchema>,
      ownerId,
      priority: priorityOf(queuePosition),
      delaySeconds,
    })),
  );
}

/** Moves the jobs of waiting posts to their new queue positions. A job that was just fetched keeps its old one. */
export function reorderPosts(jobs: Jobs, tx: Transaction, posts: readonly QueuedPost[]): Promise<void> {
  return jobs.reorder(
    tx,
    'posts',
    posts.map(({ jobId, queuePosition }) => ({ id: jobId, priority: priorityOf(queuePosition) })),
  );
}

/** The queue runs the highest priority first, and posts the lowest position. */
function priorityOf(queuePosition: number): number {
  return -queuePosition;
}

/** How many posts get their jobs in one transaction. */
const restoredAtOnce = 1_000;

/**
 * Adds the missing jobs of waiting posts of running batches. Posts that another transaction has locked are left to the
 * next call.
 *
 * @param which a condition on a post `p` and its batch `b`.
 * @returns how many posts got a job.
 */
export async function restoreJobs(jobs: Jobs, tx: Transaction, which: Prisma.Sql): Promise<number> {
  const posts = await tx.$queryRaw<QueuedPost[]>`
    SELECT ${queuedPost('p')} FROM posts p JOIN batches b ON b.id = p."batchId"
    WHERE p.status = 'PENDING' AND b.status = 'RUNNING' AND ${which} AND NOT ${hasJob}
    ORDER BY p.turn LIMIT ${restoredAtOnce} FOR UPDATE OF p SKIP LOCKED`;
  // A job that was fetched while the batch was paused is still there, as completed.
  await jobs.remove(
    tx,
    'posts',
    posts.map(({ jobId }) => jobId),
  );
  await enqueuePosts(jobs, tx, posts);
  return posts.length;
}

const hasJob = Prisma.raw(jobIs('posts', 'p."jobId"', ['created', 'retry', 'active']));
