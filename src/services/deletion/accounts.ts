import type { Changes } from '../../cache/changes.ts';
import type { Database } from '../../store/database.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Viewer } from '../../domain/viewer.ts';
import type { Batches } from '../batches/batches.ts';
import { deletePartOfBatches, deletePartOfLedger } from './rows.ts';

export type AccountDeletion = {
  /** Closes an account for good: nobody can log in to it, and its email address is free. What it has is deleted by workers. */
  run(viewer: Viewer): Promise<void>;
  /**
   * Deletes the next part of what a closed account has, itself last.
   *
   * @returns whether there was something to delete.
   */
  next(): Promise<boolean>;
};

export function createAccountDeletion(deps: {
  database: Database;
  jobs: Jobs;
  batches: Pick<Batches, 'cancel'>;
  changes: Changes;
  logger: Logger;
}): AccountDeletion {
  const { database, changes, logger } = deps;
  const { prisma } = database;

  async function deletePart(userId: string): Promise<void> {
    await prisma.session.deleteMany({ where: { userId } });
    if (await deletePartOfBatches(deps, { ownerId: userId })) return;
    if ((await deletePartOfLedger(deps, userId)) > 0) return;
    const isDeleted = await database.transaction(async (tx) => {
      // From here on nothing new can point to the account.
      await tx.$queryRaw`SELECT 1 FROM users WHERE id = ${userId}::uuid FOR UPDATE`;
      if ((await tx.batch.findFirst({ where: { ownerId: userId } })) !== null) return false;
      await tx.batchSpend.deleteMany({ where: { ownerId: userId } });
      await tx.monthlySpend.deleteMany({ where: { ownerId: userId } });
      return (await tx.user.deleteMany({ where: { id: userId } })).count > 0;
    });
    if (isDeleted) logger.info({ user: userId }, 'account deleted');
  }

  return {
    async run({ userId }) {
      // No password fits an empty hash, and no email address is like this.
      await prisma.user.updateMany({
        where: { id: userId },
        data: { email: `deleted:${userId}`, passwordHash: '', closedAt: new Date() },
      });
      changes.workspace(userId);
    },
    async next() {
      const closed = await prisma.user.findFirst({
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
