import type { Database, Transaction } from '../../store/database.ts';
import { Prisma, type Batch } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import { lockQueuePositions } from './positions.ts';
import { queuedRun, reorderRuns, type QueuedRun } from './queue.ts';

/** How many runs one transaction moves. Keeps its locks short. */
const movedAtOnce = 200;

export type QueueReordering = {
  /**
   * Reorders the next waiting runs of a workspace that asked for it, by priority of their batch, then by age. Lower
   * positions are given out first. The workspace keeps the same set of positions, so other workspaces are not affected.
   * A run that is being claimed keeps its position.
   *
   * @returns whether there was something to do.
   */
  next(): Promise<boolean>;
};

/** How far a workspace is reordered. Kept in memory: a new process begins again. */
type Progress = {
  /** Batches in the order in which their runs get positions. */
  batches: readonly OrderedBatch[];
  /** Index of the current batch. */
  index: number;
  /** The last queue position that was given out. */
  after: number;
};

type OrderedBatch = Pick<Batch, 'id' | 'postCount' | 'priority' | 'reconcileFrom'>;

/** Reorders waiting runs after a batch's priority has changed. Any number of instances may run it. */
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
    return known !== undefined && isCurrent === true ? known : { batches, index: 0, after: -1 };
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
      const { batches, index, after } = await progressOf(workspaceId);
      const batch = batches[index];
      if (batch === undefined) {
        byWorkspace.delete(workspaceId);
        await finish(database, workspaceId, batches);
        return true;
      }
      const { isDone, last } = await database.transaction(async (tx) => {
        await lockQueuePositions(tx, workspaceId);
        const reordered = await reorderNext(tx, { workspaceId, batchId: batch.id, after });
        await reorderRuns(jobs, tx, reordered.moved);
        return reordered;
      });
      byWorkspace.set(workspaceId, { batches, after: last, index: isDone ? index + 1 : index });
      return true;
    },
  };
}

/**
 * SQL: whether the workspace of a batch `b` has open batches of a lower priority (`<`), or of any other (`<>`). All channels are
 * named, so that the index is used.
 */
export function hasOthers(passes: '<' | '<>'): Prisma.Sql {
  return Prisma.raw(`EXISTS (
    SELECT 1 FROM batches o WHERE o."ownerId" = b."ownerId" AND o.channel = ANY (enum_range(NULL::"Channel"))
      AND o.status IN ('RUNNING', 'PAUSED') AND o.priority ${passes} b.priority)`);
}

/**
 * Asks for a reordering after runs of running batches, which are locked, were added behind all others. They only have to pass lower
 * priorities. A batch that is still reconciled asks at its end.
 */
export async function askForReordering(tx: Transaction, batchIds: readonly string[]): Promise<void> {
  await tx.$executeRaw`
    UPDATE batches b SET "reconcileFrom" = b."postCount" + 2 + b."lastSeq"
    WHERE b.id = ANY(${batchIds}::uuid[]) AND b.status = 'RUNNING'
      AND coalesce(b."reconcileFrom" > b."postCount", true) AND ${hasOthers('<')}`;
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
 * Gives the lowest queue positions above `after` to the next waiting runs of a batch (`movers`). The runs that held
 * these positions (`holders`) get the movers' positions in exchange.
 *
 * @returns runs of running batches whose queue position has changed, the last queue position that was given out, and whether
 * the batch has no more runs behind it.
 */
async function reorderNext(
  tx: Transaction,
  { workspaceId, batchId, after }: { workspaceId: string; batchId: string; after: number },
): Promise<{ moved: QueuedRun[]; last: number; isDone: boolean }> {
  const rows = await tx.$queryRaw<(QueuedRun & { last: number; movers: number; isRunning: boolean })[]>`
    WITH movers AS MATERIALIZED (
      SELECT id, "queuePosition", "batchId", true AS "isMover" FROM runs
      WHERE "batchId" = ${batchId}::uuid AND state = 'WAITING' AND NOT "isShort" AND "queuePosition" > ${after}::int
      ORDER BY "queuePosition", id LIMIT ${movedAtOnce} FOR UPDATE SKIP LOCKED
    ), holders AS MATERIALIZED (
      SELECT id, "queuePosition", "batchId", false AS "isMover" FROM runs
      WHERE "ownerId" = ${workspaceId}::uuid AND "batchId" IS NOT NULL AND state = 'WAITING' AND NOT "isShort"
        AND "queuePosition" > ${after}::int
      ORDER BY "queuePosition", id LIMIT (SELECT count(*) FROM movers) FOR UPDATE SKIP LOCKED
    ), involved AS (
      SELECT * FROM movers UNION ALL SELECT * FROM holders WHERE id NOT IN (SELECT id FROM movers)
    ), ranked AS (
      SELECT i.id, i."queuePosition", coalesce(b.status = 'RUNNING', true) AS "isRunning",
             row_number() OVER (ORDER BY i."queuePosition", i.id) AS "rankBefore",
             row_number() OVER (ORDER BY "isMover" DESC, b.priority DESC NULLS LAST, b."createdAt", b.id, i."queuePosition", i.id)
               AS "rankAfter"
      FROM involved i LEFT JOIN batches b ON b.id = i."batchId"
    ), moved AS (
      UPDATE runs r SET "queuePosition" = holder."queuePosition"
      FROM ranked k JOIN ranked holder ON holder."rankBefore" = k."rankAfter"
      WHERE r.id = k.id AND r."queuePosition" <> holder."queuePosition"
      RETURNING r.*, k."isRunning" AS "isOfRunning"
    )
    SELECT bound.last, bound.movers, coalesce(r."isOfRunning", false) AS "isRunning", ${queuedRun('r')}
    FROM (SELECT coalesce(max("queuePosition"), ${after}::int) AS last, (SELECT count(*)::int FROM movers) AS movers FROM ranked
          WHERE "rankBefore" <= (SELECT count(*) FROM movers)) bound
    LEFT JOIN moved r ON true`;
  const [first] = rows;
  return {
    moved: rows.filter(({ isRunning }) => isRunning),
    last: first?.last ?? after,
    isDone: (first?.movers ?? 0) < movedAtOnce,
  };
}
