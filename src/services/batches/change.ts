import type { StoredEvent } from '../../domain/batches/events.ts';
import { NotFoundError } from '../../domain/errors/errors.ts';
import type { Changes } from '../../cache/changes.ts';
import { appendEvents } from '../../events/append.ts';
import type { Bus } from '../../events/bus.ts';
import type { LoggedEvent } from '../../events/entries.ts';
import { announce } from '../../events/topics.ts';
import type { Database, Transaction } from '../../store/database.ts';
import { Prisma, type Batch } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import { reconcileWindow, wakeReconciliation, windowSize } from './reconciliation.ts';

/** An event to be appended: its type and fields, without the batch's counters. */
export type NewEvent = { type: StoredEvent['type']; reason?: string; retriedCount?: number };

/**
 * Locks a batch, changes it and appends an event, in one transaction. Publishes the event after the commit. If the change
 * sets `reconcileFrom`, posts and jobs of a small batch follow in the same transaction, and those of a large one later.
 *
 * @param where.ownerId the batch's workspace; undefined: any.
 * @param change returns the event without counters; undefined for no event.
 * @returns the changed batch.
 * @throws NotFoundError if the workspace has no such batch, and whatever `change` throws.
 */
export type BatchChange = (
  where: { id: string; ownerId?: string },
  change: (tx: Transaction, batch: Batch) => Promise<NewEvent | undefined>,
) => Promise<Batch>;

export function createBatchChange({
  database,
  jobs,
  bus,
  changes,
}: {
  database: Database;
  jobs: Jobs;
  bus: Bus;
  changes: Changes;
}): BatchChange {
  return async (where, change) => {
    const { batch, entry } = await database.transaction(async (tx) => {
      // Reconciliation may write posts, which refer to the campaign: its lock comes first (docs/architecture.md).
      await tx.$queryRaw`
        SELECT 1 FROM campaigns WHERE id = (SELECT "campaignId" FROM batches WHERE id = ${where.id}::uuid) FOR KEY SHARE`;
      const [locked] = await tx.$queryRaw<Batch[]>`
        SELECT * FROM batches WHERE id = ${where.id}::uuid
          AND "ownerId" = coalesce(${where.ownerId ?? null}::uuid, "ownerId") AND "deletedAt" IS NULL FOR UPDATE`;
      if (locked === undefined) throw new NotFoundError('batch', 'input.batchId');
      const event = await change(tx, locked);
      const changed = await tx.batch.findUniqueOrThrow({ where: { id: where.id } });
      const isSmall = changed.postCount <= windowSize;
      const reconciled = isSmall ? await reconcileWindow(jobs, tx, changed) : changed;
      if (event === undefined) return { batch: reconciled, entry: undefined };
      return appendEvent(tx, reconciled, event);
    });
    changes.workspace(batch.ownerId);
    wakeReconciliation(bus, batch);
    if (entry !== undefined) announce(bus, [entry]);
    return batch;
  };
}

/** Appends one event to a batch whose row is locked. @returns the batch with its new `lastSeq`, and the log entry. */
export async function appendEvent(
  tx: Transaction,
  batch: Batch,
  { type, ...fields }: NewEvent,
): Promise<{ batch: Batch; entry: LoggedEvent }> {
  const [entry] = await appendEvents(tx, [
    Prisma.sql`counted AS (
      UPDATE batches SET "lastSeq" = "lastSeq" + 1 WHERE id = ${batch.id}::uuid RETURNING *
    )`,
    Prisma.sql`entries AS (
      SELECT id AS "streamId", "ownerId", "lastSeq" AS seq, ${type} AS type,
             ${JSON.stringify(fields)}::jsonb || jsonb_build_object(
               'postCount', "postCount" - "deletedCount", 'completedCount', "completedCount",
               'failedCount', "failedCount", 'cancelledCount', "cancelledCount" - "deletedCount", 'foundCount', "foundCount") AS payload
      FROM counted
    )`,
  ]);
  if (entry === undefined) throw new Error(`batch ${batch.id} is gone`);
  return { batch: { ...batch, lastSeq: entry.seq }, entry };
}
