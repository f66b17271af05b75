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
export type NewEvent = {
  type: StoredEvent['type'];
  reason?: string;
  retriedCount?: number;
  itemId?: string;
  position?: number;
  plannedCount?: number;
};

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
async function appendEvent(
  tx: Transaction,
  batch: Batch,
  event: NewEvent,
): Promise<{ batch: Batch; entry: LoggedEvent }> {
  const [entry] = await appendBatchEvents(tx, [{ batchId: batch.id, event }]);
  if (entry === undefined) throw new Error(`batch ${batch.id} is gone`);
  return { batch: { ...batch, lastSeq: entry.seq }, entry };
}

/** Appends events to batches whose rows are locked: of each batch in this order. @returns the log entries. */
export async function appendBatchEvents(
  tx: Transaction,
  events: readonly { batchId: string; event: NewEvent }[],
): Promise<LoggedEvent[]> {
  return appendEvents(tx, [
    Prisma.sql`given AS (
      SELECT (g.one->>'batchId')::uuid AS id, g.one->'event' AS event,
             row_number() OVER (PARTITION BY g.one->>'batchId' ORDER BY g.n DESC)::int - 1 AS behind
      FROM jsonb_array_elements(${JSON.stringify(events)}::jsonb) WITH ORDINALITY AS g(one, n)
    )`,
    Prisma.sql`counted AS (
      UPDATE batches b SET "lastSeq" = b."lastSeq" + g.n
      FROM (SELECT id, count(*)::int AS n FROM given GROUP BY id) g WHERE b.id = g.id RETURNING b.*
    )`,
    Prisma.sql`entries AS (
      SELECT c.id AS "streamId", c."ownerId", c."lastSeq" - g.behind AS seq, g.event->>'type' AS type,
             (g.event - 'type') || jsonb_build_object(
               'postCount', c."postCount" - c."deletedCount", 'completedCount', c."completedCount",
               'failedCount', c."failedCount", 'cancelledCount', c."cancelledCount" - c."deletedCount", 'foundCount', c."foundCount") AS payload
      FROM counted c JOIN given g ON g.id = c.id
    )`,
  ]);
}
