import type { Database, Transaction } from '../../store/database.ts';
import type { Batch } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import { reorderPosts, type QueuedPost } from '../posts/queue.ts';
import { lockQueuePositions } from './queue-positions.ts';

/** How many posts one transaction moves. Keeps its locks short. */
const movedAtOnce = 200;

export type QueueReordering = {
  /**
   * Reorders the next waiting posts of a workspace that asked for it, by priority of their batch, then by age. Lower
   * positions are given out first. The workspace keeps the same set of positions, so other workspaces are not affected.
   * A post that is being claimed keeps its position.
   *
   * @returns whether there was something to do.
   */
  next(): Promise<boolean>;
};

/** How far a workspace is reordered. Kept in memory: a new process begins again. */
type Progress = {
  /** Batches in the order in which their posts get positions. */
  batches: readonly OrderedBatch[];
  /** Index of the current batch. */
  index: number;
  /** Where in the batch to go on: a post's `position`. */
  from: number;
  /** The last queue position that was given out. */
  after: number;
};

type OrderedBatch = Pick<Batch, 'id' | 'postCount' | 'priority' | 'reconcileFrom'>;

/** Reorders waiting posts after a batch's priority has changed. Any number of instances may run it. */
export function createQueueReordering({
  database,
  jobs,
}: {
  database: Database;
  jobs: Jobs;
}): QueueReordering {
  const byWorkspace = new Map<string, Progress>();

  /** @returns the known progress if no priority has changed since, else that of a new beginning. */
  async function progressOf(workspaceId: string): Promise<Progress> {
    const batches = await database.prisma.batch.findMany({
      where: { ownerId: workspaceId, finishedAt: null },
      orderBy: [{ priority: 'desc' }, { createdAt: 'asc' }, { id: 'asc' }],
      select: { id: true, postCount: true, priority: true, reconcileFrom: true },
    });
    const known = byWorkspace.get(workspaceId);
    const priorities = new Map(batches.map(({ id, priority }) => [id, priority]));
    const isCurrent = known?.batches.every(
      ({ id, priority }) => (priorities.get(id) ?? priority) === priority,
    );
    return known !== undefined && isCurrent === true ? known : { batches, index: 0, from: 1, after: -1 };
  }

  return {
    async next() {
      const [due] = await database.prisma.$queryRaw<{ workspaceId: string }[]>`
        SELECT "ownerId" AS "workspaceId" FROM batches
        WHERE "reconcileFrom" IS NOT NULL AND "reconcileFrom" > "postCount" ORDER BY random() LIMIT 1`;
      if (due === undefined) {
        byWorkspace.clear();
        return false;
      }
      const { workspaceId } = due;
      const { batches, index, from, after } = await progressOf(workspaceId);
      const batch = batches[index];
      if (batch === undefined) {
        byWorkspace.delete(workspaceId);
        await finish(database, workspaceId, batches);
        return true;
      }
      const last = await database.transaction(async (tx) => {
        await lockQueuePositions(tx, workspaceId);
        const { moved, last } = await reorderNext(tx, { workspaceId, batchId: batch.id, from, after });
        if (moved.length > 0) await reorderPosts(jobs, tx, moved);
        return last;
      });
      const isBatchDone = from + movedAtOnce > batch.postCount;
      byWorkspace.set(workspaceId, {
        batches,
        after: last,
        ...(isBatchDone ? { index: index + 1, from: 1 } : { index, from: from + movedAtOnce }),
      });
      return true;
    },
  };
}

/**
 * Clears the requests that were there when the reordering began and have not changed since, and those of final batches.
 * A newer request has another `reconcileFrom` and stays.
 */
async function finish(
  database: Database,
  workspaceId: string,
  batches: readonly OrderedBatch[],
): Promise<void> {
  const asked = batches.filter(({ reconcileFrom, postCount }) => (reconcileFrom ?? 0) > postCount);
  await database.prisma.$executeRaw`
    UPDATE batches b SET "reconcileFrom" = NULL
    WHERE b."ownerId" = ${workspaceId}::uuid AND b."reconcileFrom" > b."postCount"
      AND (b."finishedAt" IS NOT NULL OR EXISTS (
        SELECT 1 FROM jsonb_to_recordset(${JSON.stringify(asked)}::jsonb) AS a(id uuid, priority text, "reconcileFrom" int)
        WHERE a.id = b.id AND a.priority = b.priority::text AND a."reconcileFrom" = b."reconcileFrom"))`;
}

/**
 * Gives the lowest queue positions above `after` to the next waiting posts of a batch (`movers`). The posts that held
 * these positions (`holders`) get the movers' positions in exchange.
 *
 * @returns posts of running batches whose queue position has changed, and the last queue position that was given out.
 */
async function reorderNext(
  tx: Transaction,
  {
    workspaceId,
    batchId,
    from,
    after,
  }: { workspaceId: string; batchId: string; from: number; after: number },
): Promise<{ moved: QueuedPost[]; last: number }> {
  const rows = await tx.$queryRaw<(QueuedPost & { last: number; isRunning: boolean })[]>`
    WITH movers AS MATERIALIZED (
      SELECT id, turn, "batchId", position, true AS "isMover" FROM posts
      WHERE "batchId" = ${batchId}::uuid AND position BETWEEN ${from}::int AND ${from + movedAtOnce - 1}::int
        AND status = 'PENDING' AND turn > ${after}::int
      ORDER BY position FOR UPDATE SKIP LOCKED
    ), holders AS MATERIALIZED (
      SELECT id, turn, "batchId", position, false AS "isMover" FROM posts
      WHERE "ownerId" = ${workspaceId}::uuid AND status = 'PENDING' AND turn > ${after}::int
      ORDER BY turn, id LIMIT (SELECT count(*) FROM movers) FOR UPDATE SKIP LOCKED
    ), involved AS (
      SELECT * FROM movers UNION ALL SELECT * FROM holders WHERE id NOT IN (SELECT id FROM movers)
    ), ranked AS (
      SELECT i.id, i.turn, b.status,
             row_number() OVER (ORDER BY i.turn, i.id) AS "rankBefore",
             row_number() OVER (ORDER BY "isMover" DESC, b.priority DESC, b."createdAt", b.id, position) AS "rankAfter"
      FROM involved i JOIN batches b ON b.id = i."batchId"
    ), moved AS (
      UPDATE posts p SET turn = holder.turn
      FROM ranked r JOIN ranked holder ON holder."rankBefore" = r."rankAfter"
      WHERE p.id = r.id AND p.turn <> holder.turn
      RETURNING p.id, p."jobId", p."ownerId", p.turn, r.status
    )
    SELECT bound.last, coalesce(m.status = 'RUNNING', false) AS "isRunning",
           m.id, m."jobId", m."ownerId", m.turn AS "queuePosition"
    FROM (SELECT coalesce(max(turn), ${after}::int) AS last FROM ranked
          WHERE "rankBefore" <= (SELECT count(*) FROM movers)) bound
    LEFT JOIN moved m ON true`;
  return { moved: rows.filter(({ isRunning }) => isRunning), last: rows[0]?.last ?? after };
}
