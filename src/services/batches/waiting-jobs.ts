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
