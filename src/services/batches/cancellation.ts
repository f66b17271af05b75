import { closeCalls } from '../../provider/ledger/statements.ts';
import type { Transaction } from '../../store/database.ts';
import { Prisma, type Batch } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import type { NewEvent } from './change.ts';
import { cancelRuns } from '../runs/batch-jobs.ts';

/**
 * Cancels what is not final in a batch whose row is locked. Waiting posts are left to reconciliation.
 *
 * @returns the last event of the batch.
 */
export async function cancelUnfinished(jobs: Jobs, tx: Transaction, batch: Batch): Promise<NewEvent> {
  const { id, postCount, completedCount, failedCount, cancelledCount } = batch;
  await cancelRuns(jobs, tx, batch);
  const kept = await cancelInFlight(tx, id);
  const cancelled = postCount - completedCount - failedCount - cancelledCount - kept;
  // If only regenerated posts were left, the batch is complete as it was before.
  const isComplete = cancelled === 0;
  await tx.batch.update({
    where: { id },
    data: {
      status: isComplete ? 'COMPLETED' : 'CANCELLED',
      pauseReason: null,
      cancelledCount: { increment: cancelled },
      completedCount: { increment: kept },
      finishedAt: new Date(),
      reconcileFrom: isComplete ? null : 1,
      ...(isComplete ? { retrying: false } : {}),
    },
  });
  return { type: isComplete ? 'BATCH_COMPLETED' : 'BATCH_CANCELLED' };
}

/**
 * Ends a batch's posts in flight, and those that wait to be regenerated, which stay completed as they were. Closes their
 * calls. A cancellation leaves all other posts to reconciliation.
 *
 * @returns how many stayed completed.
 */
async function cancelInFlight(tx: Transaction, batchId: string): Promise<number> {
  const ended = await tx.$queryRaw<{ id: string; isKept: boolean }[]>`
    UPDATE posts
    SET status = CASE WHEN "remakePart" IS NULL THEN 'CANCELLED'::"PostStatus" ELSE 'COMPLETED' END,
        "remakePart" = NULL, "remakeInstruction" = NULL, "leaseId" = NULL, "finishedAt" = now()
    WHERE "batchId" = ${batchId}::uuid AND (status = 'GENERATING' OR (status = 'PENDING' AND "remakePart" IS NOT NULL))
    RETURNING id, status = 'COMPLETED' AS "isKept"`;
  // Those of posts in the hands of the release before, which have no run.
  await tx.$executeRaw(closeCalls(Prisma.sql`(${ended.map(({ id }) => id)}::uuid[])`));
  return ended.filter(({ isKept }) => isKept).length;
}
