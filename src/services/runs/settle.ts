import type { Work } from '../../domain/runs/work.ts';
import { closeCalls } from '../../provider/ledger/statements.ts';
import type { Transaction } from '../../store/database.ts';
import { Prisma } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import { queueOfRow } from '../../store/jobs/queues.ts';
import { removalOf } from '../../store/jobs/sql.ts';
import { enqueueRuns, queuedRun, type QueuedRun } from './queue.ts';

type EndedRow = { id: string; parentId: string | null };

/**
 * Removes runs that have ended, with their jobs, and closes their open calls. A run that waited for the last of them waits in the
 * queue again. Locks batches by id, then runs.
 *
 * @returns the ids of those whose lease held.
 */
export async function endRuns(
  jobs: Jobs,
  tx: Transaction,
  works: readonly Work[],
): Promise<ReadonlySet<string>> {
  const rows = works.map(({ runId, leaseId, batchId }) => ({ runId, leaseId, batchId }));
  const ended = await tx.$queryRaw<EndedRow[]>`
    WITH ended AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS e("runId" uuid, "leaseId" uuid, "batchId" uuid)
    ), held AS MATERIALIZED (
      SELECT id FROM batches WHERE id IN (SELECT "batchId" FROM ended) ORDER BY id FOR NO KEY UPDATE
    ), gone AS (
      DELETE FROM runs r USING ended e
      WHERE (SELECT count(*) FROM held) >= 0 AND r.id = e."runId" AND r."leaseId" = e."leaseId" AND r.state = 'RUNNING'
      RETURNING r.id, r.kind, r."isShort", r."jobId", r."parentId", r."subjectId"
    ), closed AS (
      ${closeCalls(Prisma.sql`(SELECT "subjectId" FROM gone)`)}
    ), removed AS (
      ${removalOf(Prisma.sql`SELECT ${Prisma.raw(queueOfRow('g'))}, "jobId" FROM gone g`)}
    )
    SELECT id, "parentId" FROM gone`;
  await joinParents(jobs, tx, ended);
  return new Set(ended.map(({ id }) => id));
}

/** Counts ended runs at the runs that wait for them. Those that wait for no more get a job, unless their batch does not run. */
export async function joinParents(
  jobs: Jobs,
  tx: Transaction,
  ended: readonly { parentId: string | null }[],
): Promise<void> {
  const parents = ended.flatMap(({ parentId }) => (parentId === null ? [] : [parentId]));
  if (parents.length === 0) return;
  const joined = await tx.$queryRaw<(QueuedRun & { mayRun: boolean })[]>`
    WITH locked AS MATERIALIZED (
      SELECT id FROM runs WHERE id = ANY(${parents}::uuid[]) ORDER BY id FOR UPDATE
    ), counted AS (
      UPDATE runs r
      SET "openChildren" = r."openChildren" - c.n,
          state = CASE WHEN r."openChildren" = c.n THEN 'WAITING'::"RunState" ELSE r.state END
      FROM (SELECT id, count(*)::int AS n FROM unnest(${parents}::uuid[]) AS p(id) GROUP BY id) c, locked l
      WHERE l.id = c.id AND r.id = c.id AND r.state = 'PARKED'
      RETURNING r.*
    )
    SELECT ${queuedRun('r')}, b.id IS NULL OR b.status = 'RUNNING' AS "mayRun"
    FROM counted r LEFT JOIN batches b ON b.id = r."batchId" WHERE r."openChildren" = 0`;
  await enqueueRuns(
    jobs,
    tx,
    joined.filter(({ mayRun }) => mayRun),
  );
}
