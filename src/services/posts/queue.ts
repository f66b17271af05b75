import { z } from 'zod';
import type { Transaction } from '../../store/database.ts';
import type { Jobs } from '../../store/jobs.ts';

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
