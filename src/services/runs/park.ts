import { randomUUID } from 'node:crypto';
import type { Work } from '../../domain/runs/work.ts';
import type { LoggedEvent } from '../../events/entries.ts';
import type { Transaction } from '../../store/database.ts';
import { Prisma } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import { mayRun } from './batch-jobs.ts';
import { lockQueuePositions } from './positions.ts';
import { addRuns, enqueueRuns, queuedRun, removeJobs, type NewRun, type QueuedRun } from './queue.ts';

/** What a run waits for, holding neither slot nor lease. */
export type Waiting = {
  /** Runs that it starts: it goes on when all of them have ended. Without any it waits for `wakeRun`. */
  children: readonly Omit<NewRun, 'parentId'>[];
  /** Its payload when it goes on; the same if undefined. */
  payload?: object | undefined;
  /** Writes what belongs to the waiting, such as a question and its event, in the same transaction. @returns the new log entries. */
  write?: (tx: Transaction) => Promise<LoggedEvent[]>;
};

/**
 * Lets a run wait for others, which it starts, or for a person. All or nothing. Locks the batch and the workspace's queue
 * positions before the run.
 *
 * @returns the new log entries; undefined if the lease was lost.
 */
export async function parkRun(
  jobs: Jobs,
  tx: Transaction,
  work: Work,
  { children, payload, write }: Waiting,
): Promise<LoggedEvent[] | undefined> {
  const areWaiting = await mayRun(tx, work);
  if (children.length > 0) await lockQueuePositions(tx, work.ownerId);
  const parked = await tx.$queryRaw<QueuedRun[]>`
    UPDATE runs r
    SET state = 'PARKED', "leaseId" = NULL, "openChildren" = ${children.length}::int, failures = 0, crashes = 0,
        payload = coalesce(${payload === undefined ? null : JSON.stringify(payload)}::jsonb, r.payload), "jobId" = ${randomUUID()}::uuid
    WHERE r.id = ${work.runId}::uuid AND r."leaseId" = ${work.leaseId}::uuid AND r.state = 'RUNNING'
    RETURNING ${queuedRun('r')}`;
  const [run] = parked;
  if (run === undefined) return undefined;
  await removeJobs(jobs, tx, [{ ...run, jobId: work.jobId }]);
  const inherited = { campaignId: work.campaignId, batchId: work.batchId, isShort: run.isShort };
  await addRuns(
    jobs,
    tx,
    work.ownerId,
    children.map((child) => ({ ...inherited, ...child, parentId: work.runId })),
    { areWaiting },
  );
  return (await write?.(tx)) ?? [];
}

/**
 * Lets the run of a subject go on that waits for a person.
 *
 * @param payload its new payload; the same if undefined.
 * @returns false if it does not wait for one.
 */
export async function wakeRun(
  jobs: Jobs,
  tx: Transaction,
  subjectId: string,
  payload?: object,
): Promise<boolean> {
  const woken = await tx.$queryRaw<(QueuedRun & { mayRun: boolean })[]>`
    UPDATE runs r
    SET state = 'WAITING', payload = coalesce(${payload === undefined ? null : JSON.stringify(payload)}::jsonb, r.payload)
    WHERE r."subjectId" = ${subjectId}::uuid AND r.state = 'PARKED' AND r."openChildren" = 0
    RETURNING ${queuedRun('r')}, ${Prisma.raw(`NOT EXISTS (
      SELECT 1 FROM batches b WHERE b.id = r."batchId" AND b.status <> 'RUNNING')`)} AS "mayRun"`;
  await enqueueRuns(
    jobs,
    tx,
    woken.filter(({ mayRun }) => mayRun),
  );
  return woken.length > 0;
}
