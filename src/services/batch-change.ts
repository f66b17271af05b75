import { loggedEventSchema, type LoggedEvent, type StoredEvent } from '../domain/batch-events.ts';
import { NotFoundError } from '../domain/errors.ts';
import type { Changes } from '../cache/changes.ts';
import type { Bus } from '../events/bus.ts';
import { announce } from '../events/topics.ts';
import type { Database, Transaction } from '../store/database.ts';
import type { Batch } from '../store/generated/prisma/client.ts';

/**
 * Locks a batch, changes it and logs that, in one transaction; publishes after its commit.
 *
 * @param change returns the event that tells of it, without counters; undefined where nothing happened.
 * @throws NotFoundError for a batch that is not the owner's, and whatever `change` throws.
 */
export type BatchChange = (
  where: { id: string; ownerId?: string },
  change: (tx: Transaction, batch: Batch) => Promise<object | undefined>,
) => Promise<Batch>;

export function createBatchChange({
  database,
  bus,
  changes,
}: {
  database: Database;
  bus: Bus;
  changes: Changes;
}): BatchChange {
  return async (where, change) => {
    const { batch, entry } = await database.transaction(async (tx) => {
      const [locked] = await tx.$queryRaw<Batch[]>`
        SELECT * FROM batches WHERE id = ${where.id}::uuid
          AND "ownerId" = coalesce(${where.ownerId ?? null}::uuid, "ownerId") FOR UPDATE`;
      if (locked === undefined) throw new NotFoundError('batch', 'batchId');
      const event = await change(tx, locked);
      const changed = event === undefined ? undefined : await append(tx, where.id, event);
      return { batch: await tx.batch.findUniqueOrThrow({ where: { id: where.id } }), entry: changed };
    });
    changes.account(batch.ownerId);
    if (entry !== undefined) announce(bus, [entry]);
    return batch;
  };
}

/** Writes an event behind the newest ones of a batch whose row is locked, and of its owner. */
async function append(tx: Transaction, batchId: string, event: object): Promise<LoggedEvent> {
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
  return entry;
}
