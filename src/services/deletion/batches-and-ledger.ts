import { randomUUID } from 'node:crypto';
import { BatchStateError, NotFoundError } from '../../domain/errors/errors.ts';
import { Prisma, type Batch } from '../../store/generated/prisma/client.ts';
import type { Database, Transaction } from '../../store/database.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import { ownerOf } from '../../store/ownership.ts';
import type { Batches } from '../batches/batches.ts';
import { cancelRuns } from '../runs/batch-jobs.ts';

/** How many rows one transaction deletes. Keeps its locks short. */
const postsAtOnce = 100;
const callsAtOnce = 200;
const eventsAtOnce = 1_000;

/**
 * Deletes the next part of a batch of a workspace or campaign. Cancels the batch first if it is not final.
 *
 * @returns whether there was a batch.
 */
export async function deletePartOfBatches(
  deps: { database: Database; jobs: Jobs; batches: Pick<Batches, 'cancel'> },
  where: { ownerId: string } | { campaignId: string },
): Promise<boolean> {
  const batch = await deps.database.prisma.batch.findFirst({ where, orderBy: { id: 'asc' } });
  if (batch === null) return false;
  const left = await deletePartOfBatch(deps, batch.id);
  if (left?.finishedAt === null) {
    // It may have ended by itself meanwhile.
    await deps.batches.cancel(ownerOf(batch), batch.id).catch((error: unknown) => {
      if (!(error instanceof BatchStateError || error instanceof NotFoundError)) throw error;
    });
  }
  return true;
}

/**
 * Deletes the next part of a final batch: posts with their content, then events, then the batch with its plan. Costs stay in the ledger.
 * Enqueues the removal of the posts' images.
 *
 * @returns the batch; undefined if it is gone. A batch that is not final is left alone.
 */
export function deletePartOfBatch(
  { database, jobs }: { database: Database; jobs: Jobs },
  batchId: string,
): Promise<Batch | undefined> {
  return database.transaction(async (tx) => {
    const [batch] = await tx.$queryRaw<Batch[]>`SELECT * FROM batches WHERE id = ${batchId}::uuid FOR UPDATE`;
    if (batch === undefined || batch.finishedAt === null) return batch;
    // From here on it cannot be resumed or retried, and reconciliation writes no post of it.
    if (batch.status !== 'CANCELLED' || batch.reconcileFrom !== null)
      await tx.batch.update({ where: { id: batchId }, data: { status: 'CANCELLED', reconcileFrom: null } });
    await cancelRuns(jobs, tx, batch);
    const posts = await tx.post.findMany({
      where: { batchId },
      orderBy: { position: 'asc' },
      take: postsAtOnce,
      select: { id: true },
    });
    const ids = posts.map(({ id }) => id);
    if (ids.length > 0) {
      await deletePosts(jobs, tx, batch.ownerId, ids);
      return batch;
    }
    const events = await tx.$executeRaw`
      DELETE FROM events WHERE "batchId" = ${batchId}::uuid
        AND seq IN (SELECT seq FROM events WHERE "batchId" = ${batchId}::uuid ORDER BY seq LIMIT ${eventsAtOnce})`;
    if (events > 0) return batch;
    await tx.providerCall.updateMany({ where: { subjectId: batchId }, data: { result: Prisma.DbNull } });
    // The batch's idempotency key may be used again.
    await tx.idempotencyKey.deleteMany({ where: { ownerId: batch.ownerId, batchId } });
    await tx.batch.delete({ where: { id: batchId } });
    return batch;
  });
}

/** Deletes posts with their content, and enqueues the removal of their images. Their costs stay in the ledger. */
export async function deletePosts(
  jobs: Jobs,
  tx: Transaction,
  ownerId: string,
  ids: readonly string[],
): Promise<void> {
  await enqueueRemoval(jobs, tx, ownerId, await imagesOf(tx, ids));
  await tx.$executeRaw`
    UPDATE provider_calls SET result = NULL WHERE "subjectId" = ANY(${ids}::uuid[]) AND result IS NOT NULL`;
  await tx.post.deleteMany({ where: { id: { in: [...ids] } } });
}

/** Deletes the next part of a workspace's ledger and enqueues the removal of its images. @returns how many calls. */
export function deletePartOfLedger(
  { database, jobs }: { database: Database; jobs: Jobs },
  workspaceId: string,
): Promise<number> {
  return database.transaction(async (tx) => {
    const calls = await tx.$queryRaw<{ key: string | null }[]>`
      DELETE FROM provider_calls WHERE id IN (
        SELECT id FROM provider_calls WHERE "ownerId" = ${workspaceId}::uuid ORDER BY id LIMIT ${callsAtOnce} FOR UPDATE)
      RETURNING CASE WHEN jsonb_typeof(result) = 'string' THEN result #>> '{}' END AS key`;
    const keys = new Set(calls.flatMap(({ key }) => (key === null ? [] : [key])));
    await enqueueRemoval(jobs, tx, workspaceId, [...keys]);
    return calls.length;
  });
}

/** Deletes the next part of a workspace's events, of whatever stream. @returns how many. */
export function deletePartOfEvents(
  { prisma }: Pick<Database, 'prisma'>,
  workspaceId: string,
): Promise<number> {
  return prisma.$executeRaw`
    DELETE FROM events WHERE "ownerId" = ${workspaceId}::uuid AND "userSeq" IN (
      SELECT "userSeq" FROM events WHERE "ownerId" = ${workspaceId}::uuid ORDER BY "userSeq" LIMIT ${eventsAtOnce})`;
}

/** @returns the keys of all images of these posts. */
async function imagesOf(tx: Transaction, postIds: readonly string[]): Promise<string[]> {
  const rows = await tx.$queryRaw<{ key: string }[]>`
    SELECT text AS key FROM post_revisions
    WHERE "postId" = ANY(${postIds}::uuid[]) AND field = 'IMAGE' AND text IS NOT NULL
    UNION SELECT result #>> '{}' FROM provider_calls
    WHERE "subjectId" = ANY(${postIds}::uuid[]) AND jsonb_typeof(result) = 'string'`;
  return rows.map(({ key }) => key);
}

/** Enqueues the removal of images that nothing refers to any more. */
async function enqueueRemoval(jobs: Jobs, tx: Transaction, ownerId: string, keys: string[]): Promise<void> {
  if (keys.length === 0) return;
  await jobs.enqueue(tx, 'asset-removals', [{ id: randomUUID(), data: { keys }, ownerId, priority: 0 }]);
}
