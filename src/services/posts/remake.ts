import type { LoggedEvent } from '../../events/entries.ts';
import type { Transaction } from '../../store/database.ts';
import type { Batch, PostPart } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import { appendBatchEvents } from '../batches/change.ts';
import { lockQueuePositions } from '../runs/positions.ts';
import { addPostRuns } from './release.ts';

/** What is to be made again, and what should be different. */
export type Remake = { part: PostPart; instruction: string | null };

/** A post that stays as it is, and why. */
export type RefusedPost = { postId: string; message: string };

/**
 * Queues completed posts to be made again, and reopens their batches, each with one event. Locks campaigns, batches, queue positions and posts.
 *
 * @param postIds posts of one workspace, in the order in which they shall run.
 * @param options.isShort whether they pass the posts that the workspace has ordered.
 * @returns the posts that are not completed or whose batch is cancelled, and the events, to be published after the commit.
 */
export async function remakePosts(
  jobs: Jobs,
  tx: Transaction,
  postIds: readonly string[],
  { part, instruction }: Remake,
  { isShort }: { isShort: boolean },
): Promise<{ refused: RefusedPost[]; entries: LoggedEvent[] }> {
  const batches = await lockBatches(tx, postIds);
  // Before the posts, as all who add runs take them.
  for (const ownerId of new Set(batches.map((batch) => batch.ownerId))) await lockQueuePositions(tx, ownerId);
  const remade = await tx.$queryRaw<{ id: string; batchId: string }[]>`
    WITH held AS MATERIALIZED (
      SELECT id FROM posts
      WHERE id = ANY(${postIds}::uuid[]) AND "batchId" = ANY(${batches.map(({ id }) => id)}::uuid[]) AND status = 'COMPLETED'
      ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE posts
    SET status = 'PENDING', "remakePart" = ${part}::"PostPart", "remakeInstruction" = ${instruction},
        "remakeCount" = "remakeCount" + 1, "errorCode" = NULL, "errorMessage" = NULL, "finishedAt" = NULL
    WHERE id IN (SELECT id FROM held)
    RETURNING id, "batchId"`;
  const ids = Map.groupBy(remade, ({ batchId }) => batchId);
  const reopened = await reopen(
    tx,
    [...ids].map(([id, { length }]) => ({ id, count: length })),
  );
  const places = new Map(postIds.map((id, place) => [id, place]));
  const placeOf = ({ id }: { id: string }) => places.get(id) ?? 0;
  for (const batch of reopened) {
    const posts = (ids.get(batch.id) ?? []).toSorted((a, b) => placeOf(a) - placeOf(b));
    await addPostRuns(
      jobs,
      tx,
      batch,
      posts.map(({ id }) => id),
      { isShort },
    );
  }
  const entries = await appendBatchEvents(
    tx,
    reopened.map(({ id: batchId }) => ({
      batchId,
      event: { type: 'POSTS_RETRIED', retriedCount: ids.get(batchId)?.length ?? 0 },
    })),
  );
  const isRemade = new Set(remade.map(({ id }) => id));
  return {
    refused: await reasonsOf(
      tx,
      postIds.filter((id) => !isRemade.has(id)),
    ),
    entries,
  };
}

/** Locks the batches of posts, and their campaigns before. @returns those whose posts may be made again. */
async function lockBatches(tx: Transaction, postIds: readonly string[]): Promise<Batch[]> {
  await tx.$queryRaw`
    SELECT 1 FROM campaigns WHERE id IN (SELECT "campaignId" FROM posts WHERE id = ANY(${postIds}::uuid[]))
    ORDER BY id FOR KEY SHARE`;
  return tx.$queryRaw<Batch[]>`
    SELECT * FROM batches WHERE id IN (SELECT "batchId" FROM posts WHERE id = ANY(${postIds}::uuid[]))
      AND status <> 'CANCELLED' AND "deletedAt" IS NULL ORDER BY id FOR UPDATE`;
}

/** Lets batches run again, of whose completed posts `count` are to be made again. A paused one stays paused. */
function reopen(tx: Transaction, batches: readonly { id: string; count: number }[]): Promise<Batch[]> {
  return tx.$queryRaw<Batch[]>`
    UPDATE batches b
    SET "completedCount" = b."completedCount" - r.count, "finishedAt" = NULL,
        status = CASE b.status WHEN 'PAUSED' THEN b.status ELSE 'RUNNING' END
    FROM jsonb_to_recordset(${JSON.stringify(batches)}::jsonb) AS r(id uuid, count int)
    WHERE b.id = r.id RETURNING b.*`;
}

async function reasonsOf(tx: Transaction, postIds: readonly string[]): Promise<RefusedPost[]> {
  if (postIds.length === 0) return [];
  const ofCancelled = await tx.post.findMany({
    where: { id: { in: [...postIds] }, batch: { status: 'CANCELLED' } },
    select: { id: true },
  });
  const cancelled = new Set(ofCancelled.map(({ id }) => id));
  return postIds.map((postId) => ({
    postId,
    message: cancelled.has(postId)
      ? 'The posts of a cancelled batch are not made again.'
      : 'Only a completed post is made again.',
  }));
}
