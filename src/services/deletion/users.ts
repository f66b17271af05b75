import type { Changes } from '../../cache/changes.ts';
import { toGlobalId } from '../../domain/ids.ts';
import type { Database } from '../../store/database.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Member } from '../../domain/viewer.ts';
import type { Sessions } from '../accounts/sessions.ts';
import type { Batches } from '../batches/batches.ts';
import { closeWorkspacesOf, createWorkspaceDeletion } from './workspaces.ts';

export type UserDeletion = {
  /**
   * Closes a user and the workspaces that nobody else owns. Nobody can log in any more, and the email address is free.
   * Workers delete the rows.
   *
   * @returns ids of the workspaces that were closed.
   */
  run(user: Pick<Member, 'userId'>): Promise<string[]>;
  /**
   * Deletes the next part of a closed workspace, then a closed user.
   *
   * @returns whether there was something to delete.
   */
  next(): Promise<boolean>;
};

export function createUserDeletion(deps: {
  database: Database;
  jobs: Jobs;
  batches: Pick<Batches, 'cancel'>;
  sessions: Pick<Sessions, 'endIn'>;
  changes: Changes;
  logger: Logger;
}): UserDeletion {
  const { database, changes, logger } = deps;
  const workspaces = createWorkspaceDeletion(deps);

  return {
    async run({ userId: id }) {
      const closed = await database.transaction(async (tx) => {
        const closing = await closeWorkspacesOf(tx, id);
        // No password matches an empty hash, and no email address looks like this.
        const data = { email: `deleted:${id}`, passwordHash: '', closedAt: new Date() };
        await tx.user.updateMany({ where: { id }, data });
        return closing;
      });
      for (const workspaceId of closed) changes.workspace(workspaceId);
      return closed;
    },
    async next() {
      if (await workspaces.next()) return true;
      const user = await database.prisma.user.findFirst({
        where: { closedAt: { not: null } },
        orderBy: { closedAt: 'asc' },
        select: { id: true },
      });
      if (user === null) return false;
      const isDeleted = await database.transaction(async (tx) => {
        // The release before this one closes only users.
        await closeWorkspacesOf(tx, user.id);
        // A workspace that was closed a moment ago would go with its owner at once, and leave its images and its ledger behind.
        const closed = await tx.membership.findFirst({
          where: { userId: user.id, workspace: { closedAt: { not: null } } },
        });
        if (closed !== null) return false;
        return (await tx.user.deleteMany({ where: { id: user.id } })).count > 0;
      });
      if (isDeleted) logger.info({ user: toGlobalId('User', user.id) }, 'user deleted');
      return true;
    },
  };
}
