import type { Changes } from '../../cache/changes.ts';
import { toGlobalId } from '../../domain/ids.ts';
import type { Database, Transaction } from '../../store/database.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Sessions } from '../accounts/sessions.ts';
import type { Batches } from '../batches/batches.ts';
import { cancelRunsWithoutBatch } from '../runs/batch-jobs.ts';
import { deletePartOfBatches, deletePartOfEvents, deletePartOfLedger } from './batches-and-ledger.ts';

/**
 * Closes the workspaces that only this user owns. Nobody can enter them any more, and workers delete their rows.
 *
 * @returns their ids.
 */
export async function closeWorkspacesOf(tx: Transaction, userId: string): Promise<string[]> {
  // The lock makes two owners who leave at the same time wait for each other.
  await tx.$queryRaw`
    SELECT 1 FROM workspaces WHERE id IN (SELECT "workspaceId" FROM memberships WHERE "userId" = ${userId}::uuid)
    ORDER BY id FOR UPDATE`;
  const closed = await tx.$queryRaw<{ id: string }[]>`
    UPDATE workspaces w SET "closedAt" = now()
    WHERE w."closedAt" IS NULL
      AND EXISTS (SELECT FROM memberships m WHERE m."workspaceId" = w.id AND m."userId" = ${userId}::uuid AND m.role = 'OWNER')
      AND NOT EXISTS (
        SELECT FROM memberships m JOIN users u ON u.id = m."userId"
        WHERE m."workspaceId" = w.id AND m."userId" <> ${userId}::uuid AND m.role = 'OWNER' AND u."closedAt" IS NULL)
    RETURNING w.id`;
  return closed.map(({ id }) => id);
}

/** Deletes closed workspaces in parts. */
export function createWorkspaceDeletion(deps: {
  database: Database;
  jobs: Jobs;
  batches: Pick<Batches, 'cancel'>;
  sessions: Pick<Sessions, 'endIn'>;
  changes: Changes;
  logger: Logger;
}) {
  const { database, jobs, sessions, changes, logger } = deps;
  const { prisma } = database;

  async function deletePart(id: string): Promise<void> {
    // A session may have been opened while it was being closed.
    await sessions.endIn(id);
    await database.transaction((tx) => cancelRunsWithoutBatch(jobs, tx, id));
    if (await deletePartOfBatches(deps, { ownerId: id })) return;
    if ((await deletePartOfEvents(database, id)) > 0) return;
    if ((await deletePartOfLedger(deps, id)) > 0) return;
    const isDeleted = await database.transaction(async (tx) => {
      // From here on nothing new can point to the workspace.
      await tx.$queryRaw`SELECT 1 FROM workspaces WHERE id = ${id}::uuid FOR UPDATE`;
      const where = { ownerId: id };
      if ((await tx.batch.findFirst({ where })) !== null || (await tx.event.findFirst({ where })) !== null)
        return false;
      await tx.batchSpend.deleteMany({ where });
      await tx.monthlySpend.deleteMany({ where });
      return (await tx.workspace.deleteMany({ where: { id } })).count > 0;
    });
    if (isDeleted) logger.info({ workspace: toGlobalId('Workspace', id) }, 'workspace deleted');
  }

  return {
    /** Deletes the next part of a closed workspace, the workspace itself last. @returns whether there was something to delete. */
    async next(): Promise<boolean> {
      const closed = await prisma.workspace.findFirst({
        where: { closedAt: { not: null } },
        orderBy: { closedAt: 'asc' },
        select: { id: true },
      });
      if (closed === null) return false;
      await deletePart(closed.id);
      changes.workspace(closed.id);
      return true;
    },
  };
}
