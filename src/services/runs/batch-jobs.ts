import type { Transaction } from '../../store/database.ts';
import { Prisma, type Batch } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import { queueOfRow } from '../../store/jobs/queues.ts';
import { lockQueuePositions } from './positions.ts';

/**
 * Removes the jobs of a batch's waiting runs in one statement, so that workers do not fetch them in vain. Locks the
 * workspace's queue positions first, because reordering locks runs before jobs.
 */
export async function removeWaitingJobs(
  jobs: Jobs,
  tx: Transaction,
  { id, ownerId }: Pick<Batch, 'id' | 'ownerId'>,
): Promise<void> {
  await lockQueuePositions(tx, ownerId);
  await jobs.removeAll(tx, waitingJobs(id));
}

/** A query of the jobs (queue and id) of a batch's waiting runs. */
export function waitingJobs(batchId: string): Prisma.Sql {
  return jobsOf(batchId, Prisma.sql`state = 'WAITING'`);
}

/** Ends all runs of a batch without a result, with their jobs. Their calls are the caller's to close. */
export async function cancelRuns(
  jobs: Jobs,
  tx: Transaction,
  { id, ownerId }: Pick<Batch, 'id' | 'ownerId'>,
): Promise<void> {
  await lockQueuePositions(tx, ownerId);
  await jobs.removeAll(tx, jobsOf(id, Prisma.sql`true`));
  await tx.run.deleteMany({ where: { batchId: id } });
}

function jobsOf(batchId: string, condition: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`SELECT ${Prisma.raw(queueOfRow('runs'))}, "jobId" FROM runs WHERE "batchId" = ${batchId}::uuid AND ${condition}`;
}
