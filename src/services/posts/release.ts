import { channels } from '../../domain/posts/channels.ts';
import type { Transaction } from '../../store/database.ts';
import { Prisma, type Batch } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import { addRuns } from '../runs/queue.ts';
import { askForReordering } from '../runs/reordering.ts';

/** The kind of runs that write posts. */
export const postKind = 'write-post';

/** Adds the runs of posts, which have none. Those of a paused batch get their jobs when it is resumed. */
export function addPostRuns(
  jobs: Jobs,
  tx: Transaction,
  { id: batchId, ownerId, campaignId, status }: Pick<Batch, 'id' | 'ownerId' | 'campaignId' | 'status'>,
  postIds: readonly string[],
  { isShort = false } = {},
): Promise<void> {
  const runs = postIds.map((subjectId) => ({ kind: postKind, subjectId, campaignId, batchId, isShort }));
  return addRuns(jobs, tx, ownerId, runs, { areWaiting: status === 'RUNNING' });
}

/** A post whose run ends in this transaction, and whether it has an image then. */
export type EndingPost = { postId: string; isMade: boolean };

/** SQL: the size of the image of a post `name`. Posts of an item with the same size share one image. */
function imageSizeOf(name: string): string {
  const cases = Object.entries(channels).map(
    ([channel, { imageSize }]) => `WHEN '${channel}' THEN '${imageSize}'`,
  );
  return `CASE ${name}.channel ${cases.join(' ')} END`;
}

/** SQL: whether a post `o` is another one that shares its image with `p`. */
export const sharesImage = Prisma.raw(
  `o."planItemId" = p."planItemId" AND o.id <> p.id AND ${imageSizeOf('o')} = ${imageSizeOf('p')}`,
);

/**
 * Adds the runs of PENDING posts that are ready: their item is planned, or nobody plans it any more, and the image that they share
 * is there or nobody is making it. So the first post of each item and image size goes ahead, and the others follow it. The
 * batches are locked.
 *
 * @param which a condition on a post `p`.
 * @param ending posts whose results are written after this.
 */
export async function addReadyPosts(
  jobs: Jobs,
  tx: Transaction,
  which: Prisma.Sql,
  ending: readonly EndingPost[] = [],
): Promise<void> {
  const ready = await tx.$queryRaw<ReadyPost[]>`
    WITH ending AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(ending)}::jsonb) AS e("postId" uuid, "isMade" boolean)
    )
    SELECT p.id AS "postId", b.id, b."ownerId", b."campaignId", b.status
    FROM posts p JOIN batches b ON b.id = p."batchId" LEFT JOIN plan_items i ON i.id = p."planItemId"
    WHERE ${which} AND p.status = 'PENDING' AND b.status IN ('RUNNING', 'PAUSED')
      AND NOT EXISTS (SELECT 1 FROM runs r WHERE r."subjectId" = p.id)
      AND (i."plannedAt" IS NOT NULL OR NOT EXISTS (SELECT 1 FROM runs r WHERE r."subjectId" = b.id))
      AND (EXISTS (
        SELECT 1 FROM posts o LEFT JOIN ending e ON e."postId" = o.id
        WHERE ${sharesImage} AND (o."imageKey" IS NOT NULL OR e."isMade")
      ) OR NOT EXISTS (
        SELECT 1 FROM posts o
        WHERE ${sharesImage} AND o.status IN ('PENDING', 'GENERATING') AND o.id NOT IN (SELECT "postId" FROM ending)
          AND (o.position < p.position OR EXISTS (SELECT 1 FROM runs r WHERE r."subjectId" = o.id))
      ))
    ORDER BY b.id, p.position`;
  const byBatch = Map.groupBy(ready, ({ id }) => id);
  for (const posts of byBatch.values()) {
    const [batch] = posts;
    if (batch !== undefined)
      await addPostRuns(
        jobs,
        tx,
        batch,
        posts.map(({ postId }) => postId),
      );
  }
  if (byBatch.size > 0) await askForReordering(tx, [...byBatch.keys()]);
}

type ReadyPost = Pick<Batch, 'id' | 'ownerId' | 'campaignId' | 'status'> & { postId: string };

/** Adds the runs of the posts that waited for the images of these, or that take their place. Comes before their results. */
export async function addFollowers(
  jobs: Jobs,
  tx: Transaction,
  ending: readonly EndingPost[],
): Promise<void> {
  const ids = ending.map(({ postId }) => postId);
  const followers = Prisma.sql`p."planItemId" IN (SELECT "planItemId" FROM posts WHERE id = ANY(${ids}::uuid[]))`;
  await addReadyPosts(jobs, tx, followers, ending);
}
