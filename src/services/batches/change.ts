import { loggedEventSchema, type LoggedEvent, type StoredEvent } from '../../domain/batches/events.ts';
import { NotFoundError } from '../../domain/errors/errors.ts';
import type { Changes } from '../../cache/changes.ts';
import type { Bus } from '../../events/bus.ts';
import { announce } from '../../events/topics.ts';
import type { Database, Transaction } from '../../store/database.ts';
import type { Batch } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import { reconcileWindow, wakeReconciliation, windowSize } from './reconciliation.ts';

/**
 * Locks a batch, changes it and logs that, in one transaction; publishes after its commit. Where the change asks for it
 * (`reconcileFrom`), posts and jobs of a small batch follow in the same transaction, and those of a large one after it.
 *
 * @param change returns the event that tells of it, without counters; undefined where nothing is to be told.
 * @throws NotFoundError for a batch that is not the owner's, and whatever `change` throws.
 */
export type BatchChange = (
  where: { id: string; ownerId?: string },
  change: (tx: Transaction, batch: Batch) => Promise<object | undefined>,
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
      // Locks are taken in one order (docs/architecture.md): posts that are written refer to the campaign.
      await tx.$queryRaw`
        SELECT 1 FROM campaigns WHERE id = (SELECT "campaignId" FROM batches WHERE id = ${where.id}::uuid) FOR KEY SHARE`;
      const [locked] = await tx.$queryRaw<Batch[]>`
        SELECT * FROM batches WHERE id = ${where.id}::uuid
          AND "ownerId" = coalesce(${where.ownerId ?? null}::uuid, "ownerId") FOR UPDATE`;
      if (locked === undefined) throw new NotFoundError('batch', 'batchId');
      const event = await change(tx, locked);
      const changed = await tx.batch.findUniqueOrThrow({ where: { id: where.id } });
      const isSmall = changed.postCount <= windowSize;
      const reconciled = isSmall ? await reconcileWindow(jobs, tx, changed) : changed;
      if (event === undefined) return { batch: reconciled, entry: undefined };
      return appendEvent(tx, where.id, event);
    });
    changes.workspace(batch.ownerId);
    wakeReconciliation(bus, batch);
    if (entry !== undefined) announce(bus, [entry]);
    return batch;
  };
}

/** Writes an event behind the newest ones of a batch whose row is locked, and of its owner. */
export async function appendEvent(
  tx: Transaction,
  batchId: string,
  event: object,
): Promise<{ batch: Batch; entry: LoggedEvent }> {
  const batch = await tx.batch.update({ where: { id: batchId }, data: { lastSeq: { increment: 1 } } });
  const { ownerId, lastSeq: seq, postCount, completedCount, failedCount, cancelledCount } = batch;
  const stream = await tx.userStream.upsert({
    where: { userId: ownerId },
    create: { userId: ownerId, lastSeq: 1 },
    update: { lastSeq: { increment: 1 } },
  });
  const entry = loggedEventSchema.parse({
    batchId,
    seq,
    ownerId,
    userSeq: stream.lastSeq,
    createdAt: new Date(),
    event: { ...event, postCount, completedCount, failedCount, cancelledCount },
  });
  const { event: stored, ...place } = entry;
  const { type, ...payload }: StoredEvent = stored;
  await tx.event.create({ data: { ...place, type, payload } });
  return { batch, entry };
}
