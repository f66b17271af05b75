import { closeCalls } from '../../provider/ledger/statements.ts';
import type { Transaction } from '../../store/database.ts';
import { Prisma, type Batch } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import { queueOfRow } from '../../store/jobs/queues.ts';
import type { Work } from '../../domain/runs/work.ts';
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
  return jobsOf(Prisma.sql`"batchId" = ${batchId}::uuid AND state = 'WAITING'`);
}

/** Ends all runs of a batch without a result, with their jobs, and closes their calls. */
export async function cancelRuns(
  jobs: Jobs,
  tx: Transaction,
  { id, ownerId }: Pick<Batch, 'id' | 'ownerId'>,
): Promise<void> {
  await cancel(jobs, tx, ownerId, Prisma.sql`"batchId" = ${id}::uuid`);
}

/** The same for the runs of a workspace that belong to no batch. @returns how many there were. */
export function cancelRunsWithoutBatch(jobs: Jobs, tx: Transaction, ownerId: string): Promise<number> {
  return cancel(jobs, tx, ownerId, Prisma.sql`"ownerId" = ${ownerId}::uuid AND "batchId" IS NULL`);
}

async function cancel(jobs: Jobs, tx: Transaction, ownerId: string, which: Prisma.Sql): Promise<number> {
  await lockQueuePositions(tx, ownerId);
  await jobs.removeAll(tx, jobsOf(which));
  const ended = await tx.$queryRaw<
    { subjectId: string }[]
  >`DELETE FROM runs WHERE ${which} RETURNING "subjectId"`;
  await tx.$executeRaw(closeCalls(Prisma.sql`(${ended.map(({ subjectId }) => subjectId)}::uuid[])`));
  return ended.length;
}

/** Locks the batch of a run, if it has one. @returns whether runs of it may be made. */
export async function mayRun(tx: Transaction, { batchId }: Pick<Work, 'batchId'>): Promise<boolean> {
  if (batchId === null) return true;
  const [batch] = await tx.$queryRaw<{ isRunning: boolean }[]>`
    SELECT status = 'RUNNING' AS "isRunning" FROM batches WHERE id = ${batchId}::uuid FOR KEY SHARE`;
  return batch?.isRunning ?? false;
}

function jobsOf(which: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`SELECT ${Prisma.raw(queueOfRow('runs'))}, "jobId" FROM runs WHERE ${which}`;
}
