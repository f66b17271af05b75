import type { Changes } from '../../cache/changes.ts';
import { CampaignStateError, NotFoundError } from '../../domain/errors/errors.ts';
import type { Database, Transaction } from '../../store/database.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import { ownedRows } from '../../store/ownership.ts';
import type { Viewer } from '../../domain/viewer.ts';
import type { Batches } from '../batches/batches.ts';
import { deletePartOfBatches } from './batches-and-ledger.ts';
import { beginInParts } from './in-parts.ts';

export type CampaignDeletion = {
  /**
   * Deletes a campaign with its batches and posts, in parts. It disappears at once, and its posts can no longer be retried
   * or regenerated. Workers delete what is left after 10 s, or if this process ends.
   *
   * @throws NotFoundError; CampaignStateError while one of its batches is not final.
   */
  run(viewer: Viewer, id: string): Promise<void>;
  /**
   * Deletes the next part of a campaign whose deletion has begun. The campaign itself comes last.
   *
   * @returns whether there was something to delete.
   */
  next(): Promise<boolean>;
};

export function createCampaignDeletion(deps: {
  database: Database;
  jobs: Jobs;
  batches: Pick<Batches, 'cancel'>;
  changes: Changes;
}): CampaignDeletion {
  const { database, changes } = deps;

  async function deletePart(id: string): Promise<boolean> {
    if (await deletePartOfBatches(deps, { campaignId: id })) return true;
    return database.transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM campaigns WHERE id = ${id}::uuid FOR UPDATE`;
      if ((await tx.batch.findFirst({ where: { campaignId: id } })) !== null) return true;
      await tx.campaign.deleteMany({ where: { id } });
      return false;
    });
  }

  return {
    async run(viewer, id) {
      await database.transaction((tx) => begin(tx, viewer, id));
      changes.workspace(viewer.workspaceId);
      await beginInParts(() => deletePart(id));
      changes.workspace(viewer.workspaceId);
    },
    async next() {
      const deleted = await database.prisma.campaign.findFirst({
        where: { deletedAt: { not: null } },
        orderBy: { deletedAt: 'asc' },
        select: { id: true, ownerId: true },
      });
      if (deleted === null) return false;
      await deletePart(deleted.id);
      changes.workspace(deleted.ownerId);
      return true;
    },
  };
}

/**
 * Marks a campaign as being deleted. It takes no new batch from then on, and its batches stay final.
 *
 * @throws NotFoundError, CampaignStateError
 */
async function begin(tx: Transaction, viewer: Viewer, id: string): Promise<void> {
  const [locked] = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM campaigns c
    WHERE id = ${id}::uuid AND ${ownedRows(viewer, 'c')} AND "deletedAt" IS NULL FOR UPDATE`;
  if (locked === undefined) throw new NotFoundError('campaign', 'input.campaignId');
  if ((await tx.batch.findFirst({ where: { campaignId: id, finishedAt: null } })) !== null)
    throw new CampaignStateError('A campaign with unfinished batches cannot be deleted. Cancel them first.');
  await tx.batch.updateMany({
    where: { campaignId: id },
    data: { status: 'CANCELLED', reconcileFrom: null },
  });
  // ARCHIVED for the release before this one, which does not know `deletedAt`.
  await tx.campaign.update({ where: { id }, data: { status: 'ARCHIVED', deletedAt: new Date() } });
}
