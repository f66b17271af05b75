import { z } from 'zod';
import type { Transaction } from '../../store/database.ts';
import { Prisma } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import { jobIs } from '../../store/jobs/sql.ts';

/** What a job of the queue `posts` carries. */
export const postJobSchema = z.object({ postId: z.uuid() });

/** A post that is to be made, with the id of the job that makes it. */
export type QueuedPost = { id: string; jobId: string; ownerId: string; turn: number };

/**
 * Puts posts in the queue in the order of their turns, each under its owner's name.
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
    posts.map(({ id, jobId, ownerId, turn }) => ({
      id: jobId,
      data: { postId: id } satisfies z.input<typeof postJobSchema>,
      ownerId,
      priority: priorityOf(turn),
      delaySeconds,
    })),
  );
}

/** Gives waiting posts their new place in the queue; one that a worker has just fetched is on its way. */
export function reorderPosts(jobs: Jobs, tx: Transaction, posts: readonly QueuedPost[]): Promise<void> {
  return jobs.reorder(
    tx,
    'posts',
    posts.map(({ jobId, turn }) => ({ id: jobId, priority: priorityOf(turn) })),
  );
}

/** The lowest turn goes first, the highest priority too. */
function priorityOf(turn: number): number {
  return -turn;
}

/** How many posts one transaction gives their jobs. */
const restoredAtOnce = 1_000;

/**
 * Gives waiting posts of running batches that have no job one. What waits or runs in the queue keeps its job; posts that another
 * transaction holds are left to the next call.
 *
 * @param which a condition on a post `p` and its batch `b`.
 * @returns how many posts.
 */
export async function restoreJobs(jobs: Jobs, tx: Transaction, which: Prisma.Sql): Promise<number> {
  const posts = await tx.$queryRaw<QueuedPost[]>`
    SELECT p.id, p."jobId", p."ownerId", p.turn FROM posts p JOIN batches b ON b.id = p."batchId"
    WHERE p.status = 'PENDING' AND b.status = 'RUNNING' AND ${which} AND NOT ${hasJob}
    ORDER BY p.turn LIMIT ${restoredAtOnce} FOR UPDATE OF p SKIP LOCKED`;
  // One that was fetched while the batch was paused is there still, as completed.
  await jobs.remove(
    tx,
    'posts',
    posts.map(({ jobId }) => jobId),
  );
  await enqueuePosts(jobs, tx, posts);
  return posts.length;
}

const hasJob = Prisma.raw(jobIs('posts', 'p."jobId"', ['created', 'retry', 'active']));
