import { closeCalls } from '../../provider/ledger/statements.ts';
import type { Transaction } from '../../store/database.ts';
import { Prisma, type Batch } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import { lockQueuePositions } from './queue-positions.ts';

/**
 * Removes the jobs of a batch's waiting posts in one statement, so that workers do not fetch them in vain. Locks the
 * workspace's queue positions first, because reordering locks posts before jobs.
 */
export async function removeWaitingJobs(
  jobs: Jobs,
  tx: Transaction,
  { id, ownerId }: Pick<Batch, 'id' | 'ownerId'>,
): Promise<void> {
  await lockQueuePositions(tx, ownerId);
  await jobs.removeAll(tx, 'posts', waitingJobs(id));
}

/** A query of the job ids of a batch's waiting posts. */
export function waitingJobs(batchId: string): Prisma.Sql {
  return Prisma.sql`SELECT "jobId" FROM posts WHERE "batchId" = ${batchId}::uuid AND status = 'PENDING'`;
}

/**
 * Ends a batch's posts in flight, and those that wait to be regenerated, which stay completed as they were. Closes their
 * calls and removes their jobs. A cancellation leaves all other posts to reconciliation.
 *
 * @returns how many stayed completed.
 */
export async function cancelInFlight(jobs: Jobs, tx: Transaction, batchId: string): Promise<number> {
  const ended = await tx.$queryRaw<{ id: string; jobId: string; isKept: boolean }[]>`
    UPDATE posts
    SET status = CASE WHEN "remakePart" IS NULL THEN 'CANCELLED'::"PostStatus" ELSE 'COMPLETED' END,
        "remakePart" = NULL, "remakeInstruction" = NULL, "leaseId" = NULL, "finishedAt" = now()
    WHERE "batchId" = ${batchId}::uuid AND (status = 'GENERATING' OR (status = 'PENDING' AND "remakePart" IS NOT NULL))
    RETURNING id, "jobId", status = 'COMPLETED' AS "isKept"`;
  await tx.$executeRaw(closeCalls(Prisma.sql`(${ended.map(({ id }) => id)}::uuid[])`));
  await jobs.remove(
    tx,
    'posts',
    ended.map(({ jobId }) => jobId),
  );
  return ended.filter(({ isKept }) => isKept).length;
}
