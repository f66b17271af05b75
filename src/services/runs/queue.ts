import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import type { Transaction } from '../../store/database.ts';
import { Prisma } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import { queueOf, queueOfRow } from '../../store/jobs/queues.ts';
import { jobIs } from '../../store/jobs/sql.ts';
import { takeQueuePositions } from './positions.ts';

/** What the job of a run carries. */
export const runJobSchema = z.object({ runId: z.uuid() });

/** A waiting run with its job. Lower positions run first. */
export type QueuedRun = {
  id: string;
  kind: string;
  isShort: boolean;
  jobId: string;
  ownerId: string;
  queuePosition: number;
};

/** The columns of a QueuedRun. @param runs the name that the statement gives the runs. */
export function queuedRun(runs: string): Prisma.Sql {
  return Prisma.raw(
    `${runs}.id, ${runs}.kind, ${runs}."isShort", ${runs}."jobId", ${runs}."ownerId", ${runs}."queuePosition"`,
  );
}

/** Work to be done on a subject that has no open run. */
export type NewRun = {
  kind: string;
  subjectId: string;
  campaignId?: string | null;
  batchId?: string | null;
  /** The run that waits for it. */
  parentId?: string | null;
  payload?: object;
  /** For a person who waits: does not queue behind the long work of its workspace. */
  isShort?: boolean;
};

/**
 * Adds runs of a workspace, in the order in which they shall run.
 *
 * @param options.areWaiting whether they may run now, and get their jobs: true by default. A paused batch has no jobs.
 */
export async function addRuns(
  jobs: Jobs,
  tx: Transaction,
  ownerId: string,
  runs: readonly NewRun[],
  { areWaiting = true } = {},
): Promise<void> {
  const byQueue = Map.groupBy(runs, ({ kind, isShort = false }) => queueOf({ kind, isShort }));
  for (const those of byQueue.values()) {
    const { kind = '', isShort = false } = those[0] ?? {};
    const first = await takeQueuePositions(tx, ownerId, { kind, isShort });
    const rows = those.map((run, index) => ({
      campaignId: null,
      batchId: null,
      parentId: null,
      payload: {},
      ...run,
      isShort,
      ownerId,
      id: randomUUIDv7(),
      jobId: randomUUID(),
      queuePosition: first + index,
    }));
    await tx.$executeRaw`
      INSERT INTO runs (id, kind, "ownerId", "subjectId", "campaignId", "batchId", "parentId", payload, "isShort", "queuePosition", "jobId")
      SELECT id, kind, "ownerId", "subjectId", "campaignId", "batchId", "parentId", payload, "isShort", "queuePosition", "jobId"
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r(
        id uuid, kind text, "ownerId" uuid, "subjectId" uuid, "campaignId" uuid, "batchId" uuid, "parentId" uuid, payload jsonb,
        "isShort" boolean, "queuePosition" int, "jobId" uuid)`;
    if (areWaiting) await enqueueRuns(jobs, tx, rows);
  }
}

/**
 * Adds the jobs of runs, each in its workspace's group.
 *
 * @param delaySeconds how long they wait before they may run.
 */
export async function enqueueRuns(
  jobs: Jobs,
  tx: Transaction,
  runs: readonly QueuedRun[],
  delaySeconds = 0,
): Promise<void> {
  for (const [queue, those] of Map.groupBy(runs, queueOf)) {
    await jobs.enqueue(
      tx,
      queue,
      those.map(({ id, jobId, ownerId, queuePosition }) => ({
        id: jobId,
        data: { runId: id } satisfies z.input<typeof runJobSchema>,
        ownerId,
        priority: priorityOf(queuePosition),
        delaySeconds,
      })),
    );
  }
}

/** Moves the jobs of waiting runs to their new queue positions. A job that was just fetched keeps its old one. */
export async function reorderRuns(jobs: Jobs, tx: Transaction, runs: readonly QueuedRun[]): Promise<void> {
  for (const [queue, those] of Map.groupBy(runs, queueOf)) {
    const reordered = those.map(({ jobId, queuePosition }) => ({
      id: jobId,
      priority: priorityOf(queuePosition),
    }));
    await jobs.reorder(tx, queue, reordered);
  }
}

/** Removes the jobs of these runs, whether they wait or run. */
export async function removeJobs(
  jobs: Jobs,
  tx: Transaction,
  runs: readonly Pick<QueuedRun, 'kind' | 'isShort' | 'jobId'>[],
): Promise<void> {
  for (const [queue, those] of Map.groupBy(runs, queueOf))
    await jobs.remove(
      tx,
      queue,
      those.map(({ jobId }) => jobId),
    );
}

/** The queue runs the highest priority first, and runs the lowest position. */
function priorityOf(queuePosition: number): number {
  return -queuePosition;
}

/** How many runs get their jobs in one transaction. */
const restoredAtOnce = 1_000;

/**
 * Adds the missing jobs of waiting runs, but not those of batches that do not run. Runs that another transaction has locked are
 * left to the next call.
 *
 * @param which a condition on a run `r` and its batch `b`, which may be null.
 * @returns how many runs got a job.
 */
export async function restoreJobs(jobs: Jobs, tx: Transaction, which: Prisma.Sql): Promise<number> {
  const runs = await tx.$queryRaw<QueuedRun[]>`
    SELECT ${queuedRun('r')} FROM runs r LEFT JOIN batches b ON b.id = r."batchId"
    WHERE r.state = 'WAITING' AND (r."batchId" IS NULL OR b.status = 'RUNNING') AND ${which} AND NOT ${hasJob}
    ORDER BY r."queuePosition" LIMIT ${restoredAtOnce} FOR UPDATE OF r SKIP LOCKED`;
  // A job that was fetched while the batch was paused is still there, as completed.
  await removeJobs(jobs, tx, runs);
  await enqueueRuns(jobs, tx, runs);
  return runs.length;
}

const hasJob = Prisma.raw(jobIs(queueOfRow('r'), 'r."jobId"', ['created', 'retry', 'active']));
