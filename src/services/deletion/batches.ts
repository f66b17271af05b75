import type { Changes } from '../../cache/changes.ts';
import type { Viewer } from '../../domain/viewer.ts';
import type { Bus } from '../../events/bus.ts';
import type { Database, Transaction } from '../../store/database.ts';
import type { Batch } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import { ownedBy } from '../../store/ownership.ts';
import { cancelUnfinished } from '../batches/cancellation.ts';
import { createBatchChange, type NewEvent } from '../batches/change.ts';
import { deletePartOfBatch } from './batches-and-ledger.ts';
import { beginInParts } from './in-parts.ts';

export type BatchDeletion = {
  /**
   * Deletes a batch with its posts, in parts. Cancels it first if it is not final; its watchers are told of that. It
   * disappears at once. Workers delete what is left after 10 s, or if this process ends.
   *
   * @throws NotFoundError
   */
  run(viewer: Viewer, id: string): Promise<void>;
  /**
   * Deletes the next part of a batch whose deletion has begun. The batch itself comes last.
   *
   * @returns whether there was something to delete.
   */
  next(): Promise<boolean>;
};

export function createBatchDeletion(deps: {
  database: Database;
  jobs: Jobs;
  bus: Bus;
  changes: Changes;
}): BatchDeletion {
  const { database, jobs, changes } = deps;
  const change = createBatchChange(deps);

  return {
    async run(viewer, id) {
      await change({ id, ...ownedBy(viewer) }, (tx, batch) => begin(jobs, tx, batch));
      await beginInParts(async () => (await deletePartOfBatch(deps, id)) !== undefined);
      changes.workspace(viewer.workspaceId);
    },
    async next() {
      const deleted = await database.prisma.batch.findFirst({
        where: { deletedAt: { not: null } },
        orderBy: { deletedAt: 'asc' },
        select: { id: true, ownerId: true },
      });
      if (deleted === null) return false;
      await deletePartOfBatch(deps, deleted.id);
      changes.workspace(deleted.ownerId);
      return true;
    },
  };
}

/**
 * Marks a batch as being deleted. It stays final from then on, and its idempotency key may be used again.
 *
 * @returns its last event if it was not final.
 */
async function begin(jobs: Jobs, tx: Transaction, batch: Batch): Promise<NewEvent | undefined> {
  const { id, ownerId } = batch;
  const event = batch.finishedAt === null ? await cancelUnfinished(jobs, tx, batch) : undefined;
  await tx.idempotencyKey.deleteMany({ where: { ownerId, batchId: id } });
  // CANCELLED, for the release before this one, which does not know `deletedAt` and would reopen a complete one.
  await tx.batch.update({
    where: { id },
    data: { status: 'CANCELLED', reconcileFrom: null, deletedAt: new Date() },
  });
  return event;
}
