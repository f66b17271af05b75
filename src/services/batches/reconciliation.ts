import { randomUUIDv7 } from 'node:crypto';
import type { Changes } from '../../cache/changes.ts';
import type { Bus } from '../../events/bus.ts';
import { reconcileTopic } from '../../events/topics.ts';
import type { Database, Transaction } from '../../store/database.ts';
import { Prisma, type Batch, type PostStatus } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import { addPostRuns, addReadyPosts } from '../posts/release.ts';
import { restoreJobs } from '../runs/queue.ts';
import { hasOthers } from '../runs/reordering.ts';

/**
 * Brings posts and jobs in line with their batch's row, position by position from `reconcileFrom` on. It writes missing
 * posts, retries failed ones, adds the runs of posts whose item is planned and the jobs of a running batch, and cancels the posts
 * of a cancelled one. A batch whose plan is not approved has no posts.
 */
export type Reconciliation = {
  /**
   * Reconciles the next positions of one batch, in a short transaction. Any number of instances may run it.
   *
   * @returns whether there was something to do.
   */
  next(): Promise<boolean>;
};

/**
 * Positions that one transaction reconciles: small enough not to hold up the embedded database. A batch of this size or
 * less is reconciled by the transaction that starts or changes it.
 */
export const windowSize = 100;

export function createReconciliation(deps: {
  database: Database;
  jobs: Jobs;
  changes: Changes;
}): Reconciliation {
  const { database, jobs, changes } = deps;
  return {
    async next() {
      // The least advanced first, so that large orders advance side by side.
      const [due] = await database.prisma.$queryRaw<{ id: string; ownerId: string }[]>`
        SELECT id, "ownerId" FROM batches
        WHERE "reconcileFrom" IS NOT NULL AND "reconcileFrom" <= "postCount" ORDER BY "reconcileFrom", random() LIMIT 1`;
      if (due === undefined) return false;
      await database.transaction(async (tx) => {
        await tx.$queryRaw`
          SELECT 1 FROM campaigns WHERE id = (SELECT "campaignId" FROM batches WHERE id = ${due.id}::uuid) FOR KEY SHARE`;
        const [batch] = await tx.$queryRaw<Batch[]>`
          SELECT * FROM batches WHERE id = ${due.id}::uuid AND "reconcileFrom" <= "postCount" FOR NO KEY UPDATE`;
        if (batch !== undefined) await reconcileWindow(jobs, tx, batch);
      });
      changes.workspace(due.ownerId);
      return true;
    },
  };
}

/** Tells workers that a batch needs reconciliation. They also look for one every second. */
export function wakeReconciliation(bus: Bus, { id, reconcileFrom }: Batch): void {
  if (reconcileFrom !== null) bus.publish(reconcileTopic, { batchId: id });
}

/**
 * Reconciles the next positions of a batch. The caller has locked its campaign (at least `FOR KEY SHARE`) and its row.
 *
 * @returns the updated batch.
 */
export async function reconcileWindow(jobs: Jobs, tx: Transaction, batch: Batch): Promise<Batch> {
  const { id, postCount, itemCount, status, reconcileFrom: from } = batch;
  if (from === null || from > postCount) return batch;
  if (batch.needsApproval && status !== 'CANCELLED') return reconcilePlan(jobs, tx, batch);
  const to = Math.min(from + windowSize - 1, postCount);
  const [last] = await tx.$queryRaw<{ position: number }[]>`
    SELECT position FROM posts WHERE "batchId" = ${id}::uuid ORDER BY position DESC LIMIT 1`;
  const written = last?.position ?? 0;
  const window = { from, to: Math.min(to, written) };
  let retried = 0;
  if (from <= written) {
    retried = await retryPosts(jobs, tx, batch, window);
    if (status === 'CANCELLED') await cancelPosts(tx, id, window);
  }
  if (status === 'RUNNING' && (from <= written || itemCount > 0)) {
    const ofWindow = Prisma.sql`r."batchId" = ${id}::uuid AND (r.kind <> 'write-post' OR r."subjectId" IN (
      SELECT id FROM posts WHERE "batchId" = ${id}::uuid AND position BETWEEN ${window.from}::int AND ${window.to}::int))`;
    await restoreJobs(jobs, tx, ofWindow);
  }
  if (written < to) await writePosts(jobs, tx, batch, { from: Math.max(from, written + 1), to });
  if (itemCount > 0) {
    const ofWindow = Prisma.sql`p."batchId" = ${id}::uuid AND p.position BETWEEN ${from}::int AND ${to}::int`;
    await addReadyPosts(jobs, tx, ofWindow);
  }
  const isLast = to === postCount;
  // Posts that failed after the retry was asked for are retried as well, and leave `failedCount`.
  const planned = Math.min(retried, batch.retriesLeft);
  return tx.batch.update({
    where: { id },
    data: {
      reconcileFrom: isLast ? await afterLast(tx, batch, written === 0) : to + 1,
      ...(isLast ? { retrying: false } : {}),
      ...(status === 'CANCELLED'
        ? isLast && (await countsOfRows(tx, batch))
        : { retriesLeft: { decrement: planned }, failedCount: { decrement: retried - planned } }),
    },
  });
}

/** Lets the planning of a batch go on whose posts are not to be written yet. */
async function reconcilePlan(jobs: Jobs, tx: Transaction, { id, status }: Batch): Promise<Batch> {
  if (status === 'RUNNING') await restoreJobs(jobs, tx, Prisma.sql`r."batchId" = ${id}::uuid`);
  return tx.batch.update({ where: { id }, data: { reconcileFrom: null } });
}

/**
 * Counts the rows of a batch whose posts are all final. The counters of a cancelled batch are estimates until then: posts may
 * have failed since, or may not have been written.
 */
async function countsOfRows(tx: Transaction, { id: batchId, deletedCount }: Batch) {
  const rows = await tx.post.groupBy({ by: ['status'], where: { batchId }, _count: true });
  const count = (wanted: PostStatus) => rows.find(({ status }) => status === wanted)?._count ?? 0;
  return {
    completedCount: count('COMPLETED'),
    failedCount: count('FAILED'),
    cancelledCount: count('CANCELLED') + deletedCount,
    retriesLeft: 0,
  };
}

type Window = { from: number; to: number };

/**
 * The next `reconcileFrom` after the last position: null, or a value that asks for a reordering of the workspace's queue
 * if its batches have several priorities (services/runs/reordering.ts).
 *
 * @param isNew whether no post existed before. A small new order goes last: it only has to pass lower priorities.
 */
async function afterLast(
  tx: Transaction,
  { id, postCount, status, lastSeq }: Batch,
  isNew: boolean,
): Promise<number | null> {
  if (status !== 'RUNNING') return null;
  const passes = isNew && postCount <= windowSize ? '<' : '<>';
  const others = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM batches b WHERE b.id = ${id}::uuid AND ${hasOthers(passes)}`;
  // Above the last position, and different for each request, so that `finish` clears only the requests it has served.
  return others.length > 0 ? postCount + 2 + lastSeq : null;
}

/**
 * Writes the missing posts of a window, each with its channel, language and item (domain/plans/variants.ts), and their runs if they
 * need no plan.
 */
async function writePosts(jobs: Jobs, tx: Transaction, batch: Batch, { from, to }: Window): Promise<void> {
  // Sorted, because ids of one millisecond have no order, and lists that show the newest first order by id.
  const ids = Array.from({ length: to - from + 1 }, () => randomUUIDv7()).toSorted();
  const isCancelled = batch.status === 'CANCELLED';
  await tx.$executeRaw`
    WITH ordered AS (
      SELECT b.*, CASE b.channels WHEN '{}' THEN ARRAY[b.channel] ELSE b.channels END AS "ofChannels",
             CASE b.languages WHEN '{}' THEN ARRAY[c.language] ELSE b.languages END AS "ofLanguages"
      FROM batches b JOIN campaigns c ON c.id = b."campaignId" WHERE b.id = ${batch.id}::uuid
    ), numbered AS (
      SELECT n.id, ${from}::int + n.number::int - 1 AS position FROM unnest(${ids}::uuid[]) WITH ORDINALITY AS n(id, number)
    )
    INSERT INTO posts (id, "ownerId", "campaignId", channel, language, "batchId", position, "planItemId", status, "targetAudience", "createdAt", "finishedAt")
    SELECT n.id, b."ownerId", b."campaignId",
           b."ofChannels"[1 + (n.position - 1) / cardinality(b."ofLanguages") % cardinality(b."ofChannels")],
           b."ofLanguages"[1 + (n.position - 1) % cardinality(b."ofLanguages")], b.id, n.position,
           (SELECT id FROM plan_items WHERE "batchId" = b.id
              AND position = 1 + (n.position - 1) / (cardinality(b."ofChannels") * cardinality(b."ofLanguages"))),
           CASE WHEN ${isCancelled} THEN 'CANCELLED' ELSE 'PENDING' END::"PostStatus",
           coalesce(b."targetAudience",
                    (SELECT "targetAudience" FROM posts WHERE "batchId" = b.id ORDER BY position LIMIT 1), c."targetAudience"),
           now(), CASE WHEN ${isCancelled} THEN now() END
    FROM ordered b JOIN campaigns c ON c.id = b."campaignId", numbered n`;
  if (!isCancelled && batch.itemCount === 0) await addPostRuns(jobs, tx, batch, ids);
}

/** Sets FAILED posts back to PENDING if the batch is being retried. @returns how many. */
async function retryPosts(jobs: Jobs, tx: Transaction, batch: Batch, { from, to }: Window): Promise<number> {
  // In a batch that is complete by now, failed posts are counted. They may be retried by another request.
  if (!batch.retrying || batch.status === 'COMPLETED') return 0;
  const retried = await tx.$queryRaw<{ id: string; position: number }[]>`
    UPDATE posts SET status = 'PENDING', "errorCode" = NULL, "errorMessage" = NULL, "finishedAt" = NULL
    WHERE "batchId" = ${batch.id}::uuid AND position BETWEEN ${from}::int AND ${to}::int AND status = 'FAILED'
    RETURNING id, position`;
  const ids = retried.toSorted((a, b) => a.position - b.position).map(({ id }) => id);
  if (batch.status !== 'CANCELLED' && batch.itemCount === 0) await addPostRuns(jobs, tx, batch, ids);
  return ids.length;
}

async function cancelPosts(tx: Transaction, batchId: string, { from, to }: Window): Promise<void> {
  await tx.$executeRaw`
    UPDATE posts SET status = 'CANCELLED', "finishedAt" = now()
    WHERE "batchId" = ${batchId}::uuid AND position BETWEEN ${from}::int AND ${to}::int AND status = 'PENDING'`;
}
