import { crashesOfSuspects, type SuspectSlot } from '../../domain/runs/suspects.ts';
import type { Work } from '../../domain/runs/work.ts';
import type { Transaction } from '../../store/database.ts';
import { Prisma } from '../../store/generated/prisma/client.ts';
import type { Job } from '../../store/jobs/jobs.ts';
import { queueOfRow } from '../../store/jobs/queues.ts';
import { lockFetched } from '../../store/jobs/sql.ts';
import { runJobSchema } from './queue.ts';

/** A fetched job, and the lease that its run gets. */
export type Claim = { job: Job; leaseId: string };

/** A run ends FAILED after this many failed attempts. */
const maxFailures = 6;

/**
 * Takes the leases of these jobs' runs, in one statement. Takes at most one suspect, and only into a free `suspects` slot.
 *
 * @returns the claimed runs. Workbench.claim says which ones are missing.
 */
export async function claimRuns(
  tx: Transaction,
  suspects: SuspectSlot,
  claims: readonly Claim[],
): Promise<Work[]> {
  const wanted = claims.map(({ job, leaseId }) => ({
    ...runJobSchema.parse(job.data),
    jobId: job.id,
    fetchedAt: job.fetchedAt.getTime(),
    leaseId,
  }));
  const hasRoom = suspects.reserve();
  let suspect: string | undefined;
  try {
    const rows = await tx.$queryRaw<ClaimedRow[]>(claimStatement(wanted, hasRoom));
    suspect = rows.find(({ crashes }) => crashes >= crashesOfSuspects)?.leaseId;
    return rows.map((row) => {
      const { failures, crashes: _, ...work } = row;
      return { ...work, attempt: failures + 1, isLastAttempt: failures + 1 >= maxFailures };
    });
  } finally {
    if (hasRoom) suspects.take(suspect);
  }
}

type ClaimedRow = Omit<Work, 'attempt' | 'isLastAttempt'> & { failures: number; crashes: number };

/**
 * Locks batches before runs, as every statement does, to avoid deadlocks. The batch's lock waits for a pause or a
 * cancellation that is being written, but not for the counters. The job is checked again under a lock, after the batch:
 * a pause and a resumption, or a recovery, may have given it to another worker since it was fetched.
 */
function claimStatement(wanted: readonly object[], hasRoom: boolean): Prisma.Sql {
  return Prisma.sql`
    WITH wanted AS (
      SELECT w.*, r.kind, r."isShort" FROM jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb)
        AS w("runId" uuid, "jobId" uuid, "fetchedAt" bigint, "leaseId" uuid) JOIN runs r ON r.id = w."runId"
    ), running AS MATERIALIZED (
      SELECT id FROM batches
      WHERE id IN (SELECT r."batchId" FROM runs r JOIN wanted w ON w."runId" = r.id) AND status = 'RUNNING'
      ORDER BY id FOR KEY SHARE
    ), fetched AS MATERIALIZED (
      -- The count makes sure that all batches are locked before the first job.
      ${Prisma.raw(lockFetched(queueOfRow('w'), 'wanted', '(SELECT count(*) FROM running) >= 0'))}
    ), suspect AS (
      SELECT r.id FROM runs r JOIN wanted w ON w."runId" = r.id AND w."jobId" = r."jobId"
      WHERE ${hasRoom} AND r.crashes >= ${crashesOfSuspects}::int AND r.state = 'WAITING'
        AND (r."batchId" IS NULL OR r."batchId" IN (SELECT id FROM running))
      ORDER BY r.crashes, r."queuePosition" LIMIT 1
    )
    UPDATE runs r SET state = 'RUNNING', "leaseId" = w."leaseId"
    FROM wanted w, fetched f
    WHERE f.id = w."jobId" AND r.id = w."runId" AND r."jobId" = w."jobId" AND r.state = 'WAITING'
      AND (r.crashes < ${crashesOfSuspects}::int OR r.id = (SELECT id FROM suspect))
      AND (r."batchId" IS NULL OR r."batchId" IN (SELECT id FROM running))
    RETURNING r.id AS "runId", r.kind, r."jobId", r."subjectId", r."ownerId", r."campaignId", r."batchId", r.payload, r."leaseId",
              r.failures, r.crashes`;
}
