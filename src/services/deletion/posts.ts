import type { Changes } from '../../cache/changes.ts';
import { NotFoundError, PostStateError } from '../../domain/errors/errors.ts';
import type { Viewer } from '../../domain/viewer.ts';
import type { Bus } from '../../events/bus.ts';
import type { Database, Transaction } from '../../store/database.ts';
import type { Batch, Post, PostStatus } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import { ownedBy } from '../../store/ownership.ts';
import { createBatchChange } from '../batches/change.ts';
import { sharesImage } from '../posts/release.ts';
import { deletePosts } from './batches-and-ledger.ts';

/**
 * Deletes a final post with its revisions. Workers remove its images. The other posts keep their positions, and the batch
 * counts it no longer.
 *
 * @throws NotFoundError; PostStateError while the post or another one that shares its image is being made, or its batch is being reconciled.
 */
export type DeletePost = (viewer: Viewer, id: string) => Promise<void>;

export function createDeletePost(deps: {
  database: Database;
  jobs: Jobs;
  bus: Bus;
  changes: Changes;
}): DeletePost {
  const change = createBatchChange(deps);
  return async (viewer, id) => {
    const post = await deps.database.prisma.post.findUnique({
      where: { id, ...ownedBy(viewer), batch: { deletedAt: null } },
      select: { batchId: true },
    });
    if (post === null) throw absent();
    await change({ id: post.batchId, ...ownedBy(viewer) }, async (tx, batch) => {
      const final = await lockFinal(tx, batch, id);
      await deletePosts(deps.jobs, tx, batch.ownerId, [id]);
      await countOut(tx, batch, final);
      return undefined;
    });
  };
}

type FinalPost = Pick<Post, 'status' | 'findingCodes'>;

/** Locks a post that may be deleted. @returns what its batch counts of it. @throws NotFoundError, PostStateError */
async function lockFinal(tx: Transaction, batch: Batch, id: string): Promise<FinalPost> {
  const [post] = await tx.$queryRaw<FinalPost[]>`
    SELECT status, "findingCodes" FROM posts WHERE id = ${id}::uuid FOR UPDATE`;
  if (post === undefined) throw absent();
  if (post.status === 'PENDING' || post.status === 'GENERATING')
    throw new PostStateError('A post that is not final cannot be deleted. Wait for it, or cancel its batch.');
  // Reconciliation would write the last position again, and run a failed post whose retry is counted already.
  if (batch.reconcileFrom !== null && batch.reconcileFrom <= batch.postCount)
    throw new PostStateError('The posts of this batch are being written, retried or cancelled. Try again.');
  const [follower] = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM posts p JOIN posts o ON ${sharesImage} AND o.status IN ('PENDING', 'GENERATING')
    WHERE p.id = ${id}::uuid LIMIT 1`;
  if (follower !== undefined)
    throw new PostStateError(
      'Another post that shares the image of this one is still being made. Wait for it, or cancel its batch.',
    );
  return post;
}

/**
 * Takes a deleted post out of its batch's counters. Its position stays as a hole, which is counted as cancelled. Holes
 * behind the last post leave `postCount`, because reconciliation would write them again.
 */
async function countOut(
  tx: Transaction,
  { id, postCount }: Batch,
  { status, findingCodes }: FinalPost,
): Promise<void> {
  const last = await tx.post.findFirst({
    where: { batchId: id },
    orderBy: { position: 'desc' },
    select: { position: true },
  });
  const kept = last?.position ?? 0;
  const newHoles = 1 - (postCount - kept);
  const one = (wanted: PostStatus) => (status === wanted ? 1 : 0);
  await tx.batch.update({
    where: { id },
    data: {
      postCount: kept,
      deletedCount: { increment: newHoles },
      cancelledCount: { increment: newHoles - one('CANCELLED') },
      completedCount: { decrement: one('COMPLETED') },
      failedCount: { decrement: one('FAILED') },
      foundCount: { decrement: Number(findingCodes.length > 0) },
    },
  });
}

function absent(): NotFoundError {
  return new NotFoundError('post', 'input.postId');
}
