import type { Bus } from '../../events/bus.ts';
import { announce } from '../../events/topics.ts';
import { failedOften } from '../../domain/runs/failures.ts';
import { crashesOfSuspects, type SuspectSlot } from '../../domain/runs/suspects.ts';
import type { RunFailure, Work } from '../../domain/runs/work.ts';
import { closeCalls } from '../../provider/ledger/statements.ts';
import type { Database, Transaction } from '../../store/database.ts';
import { Prisma } from '../../store/generated/prisma/client.ts';
import { groupWrites } from '../../store/grouped-writes.ts';
import type { Job, Jobs } from '../../store/jobs/jobs.ts';
import { keepTrying } from '../../store/keep-trying.ts';
import { mayRun } from './batch-jobs.ts';
import { claimRuns, type Claim } from './claim.ts';
import type { Ended, RunKind } from './kind.ts';
import { parkRun, type Waiting } from './park.ts';
import { enqueueRuns, queuedRun, removeJobs, runJobSchema, type QueuedRun } from './queue.ts';
import { endRuns } from './settle.ts';

/** What a worker does to the runs of one kind. Every write checks the lease: a worker that has lost it changes nothing. */
export type Workbench<W extends Work, Result extends object> = {
  /**
   * Takes the leases of these jobs' runs. A suspect is a run whose workers have crashed several times: at most one
   * runs in this process at a time, the one with the fewest crashes first, and none in a process that is too young.
   *
   * @returns the claimed runs. Missing are those that have ended or are claimed by another worker, suspects that
   * have to wait, runs of batches that do not run, and those whose job was given to another worker since it was fetched.
   */
  claim(claims: readonly Claim[]): Promise<W[]>;
  /** Removes fetched jobs that were not claimed. Suspects that have to wait get a new job, for later. */
  dismiss(jobs: readonly Job[]): Promise<void>;
  /** @returns the leases among these that still hold. */
  held(leaseIds: readonly string[]): Promise<Set<string>>;
  /**
   * Writes a result and its events and ends the run, in one transaction. Results of one workspace that come while another is
   * being written share the next transaction.
   *
   * @returns false if the lease was lost.
   */
  settle(work: Work, result: Result | RunFailure): Promise<boolean>;
  /** Lets a run wait for others or for a person. @returns false if the lease was lost. */
  park(work: Work, waiting: Waiting): Promise<boolean>;
  /**
   * Puts a run back in the queue. Waits for a database that is away. Does nothing if the lease was lost.
   *
   * @param options.countsAsAttempt true, the default, if the attempt failed by itself: the run waits for 1, 2, 4 … 30 s, and
   * ends FAILED if this was its last attempt. Otherwise it may run again at once.
   * @param options.delaySeconds waits at least so long.
   */
  release(work: Work, options?: { countsAsAttempt: boolean; delaySeconds?: number }): Promise<void>;
};

const maxGroupSize = 50;
/** Longest wait between two attempts. */
const maxBackoffSeconds = 30;
/** How long a suspect waits before a worker tries to claim it again. */
const suspectDelaySeconds = 2;

/** @param deps.suspects this process's slot for suspects, one for all kinds. */
export function createWorkbench<W extends Work, Result extends object>(
  deps: { database: Database; jobs: Jobs; bus: Bus; suspects: SuspectSlot },
  kind: RunKind<W, Result>,
): Workbench<W, Result> {
  const { database, jobs, bus, suspects } = deps;

  const settle = groupWrites<Ended<Result>, boolean>(
    async (settlements) => {
      const write = async (tx: Transaction) => {
        const works = settlements.map(({ work }) => work);
        const held = await endRuns(jobs, tx, works);
        const ended = settlements.filter(({ work }) => held.has(work.runId));
        const entries = ended.length === 0 ? [] : await kind.settle(tx, ended);
        return { entries, isSettled: works.map(({ runId }) => held.has(runId)) };
      };
      const { entries, isSettled } = await keepTrying(() => database.transaction(write));
      kind.changed(settlements.map(({ work }) => work));
      announce(bus, entries);
      return isSettled;
    },
    maxGroupSize,
    // A lock on one workspace's batches must not hold up other workspaces.
    ({ work }) => work.ownerId,
  );

  async function held(leaseIds: readonly string[]): Promise<Set<string>> {
    const rows = await database.query<{ leaseId: string }>(
      `SELECT "leaseId" FROM runs WHERE "leaseId" = ANY($1::uuid[]) AND state = 'RUNNING'`,
      [leaseIds],
    );
    return new Set(rows.map((row) => row.leaseId));
  }

  /** Gives suspects that were not claimed a new job, for later. */
  async function postponeSuspects(idle: readonly Job[]): Promise<void> {
    const jobIds = idle.map(({ id }) => id);
    const runIds = idle.map(({ data }) => runJobSchema.parse(data).runId);
    await database.transaction(async (tx) => {
      const runs = await tx.$queryRaw<QueuedRun[]>`
        UPDATE runs r SET "jobId" = gen_random_uuid()
        WHERE r.id = ANY(${runIds}::uuid[]) AND r."jobId" = ANY(${jobIds}::uuid[])
          AND r.state = 'WAITING' AND r.crashes >= ${crashesOfSuspects}
          AND NOT EXISTS (SELECT 1 FROM batches b WHERE b.id = r."batchId" AND b.status <> 'RUNNING')
        RETURNING ${queuedRun('r')}`;
      await enqueueRuns(jobs, tx, runs, suspectDelaySeconds);
    });
    // A suspect whose end could not be written would keep the slot.
    const suspect = suspects.lease();
    if (suspect !== undefined && !(await held([suspect])).has(suspect)) suspects.free(suspect);
  }

  /** Claims runs and marks their subjects. Ends those whose subject needs nothing any more. */
  async function begin(tx: Transaction, claims: readonly Claim[]): Promise<W[]> {
    const claimed = await claimRuns(tx, suspects, claims);
    const begun = claimed.length === 0 ? [] : await kind.begin(tx, claimed);
    const ids = new Set(begun.map(({ runId }) => runId));
    const needless = claimed.filter(({ runId }) => !ids.has(runId));
    if (needless.length > 0) await endRuns(jobs, tx, needless);
    return begun;
  }

  return {
    async claim(claims) {
      if (claims.length === 0) return [];
      const claimed = await database.transaction((tx) => begin(tx, claims));
      kind.changed(claimed);
      return claimed;
    },
    async dismiss(idle) {
      if (idle.length === 0) return;
      await postponeSuspects(idle);
      for (const [queue, those] of Map.groupBy(idle, (job) => job.queue)) await jobs.discard(queue, those);
    },
    held,
    settle: (work, result) => settle({ work, result }).finally(() => suspects.free(work.leaseId)),
    async park(work, waiting) {
      const entries = await keepTrying(() => database.transaction((tx) => parkRun(jobs, tx, work, waiting)));
      suspects.free(work.leaseId);
      kind.changed([work]);
      announce(bus, entries ?? []);
      return entries !== undefined;
    },
    async release(work, { countsAsAttempt, delaySeconds = 0 } = { countsAsAttempt: true }) {
      /** @returns whether the run has to end FAILED. */
      const putBack = async (tx: Transaction): Promise<boolean> => {
        const isRunning = await mayRun(tx, work);
        const failed = countsAsAttempt && isRunning;
        if (failed && work.isLastAttempt) return true;
        const runs = await tx.$queryRaw<(QueuedRun & { failures: number })[]>`
          UPDATE runs r
          SET state = 'WAITING', "leaseId" = NULL, "jobId" = gen_random_uuid(), failures = failures + ${failed}::boolean::int
          WHERE r.id = ${work.runId}::uuid AND r."leaseId" = ${work.leaseId}::uuid AND r.state = 'RUNNING'
          RETURNING ${queuedRun('r')}, r.failures`;
        const [run] = runs;
        if (run === undefined) return false;
        await kind.putBack(tx, [work.subjectId]);
        await tx.$executeRaw(closeCalls(Prisma.sql`(ARRAY[${work.subjectId}]::uuid[])`));
        await removeJobs(jobs, tx, [{ ...run, jobId: work.jobId }]);
        // A paused batch has no jobs. Resuming it adds new ones.
        const backoff = failed ? Math.min(maxBackoffSeconds, 2 ** (run.failures - 1)) : 0;
        if (isRunning) await enqueueRuns(jobs, tx, runs, Math.max(backoff, delaySeconds));
        return false;
      };
      const hasToEnd = await keepTrying(() => database.transaction(putBack));
      if (hasToEnd) await settle({ work, result: failedOften });
      suspects.free(work.leaseId);
      kind.changed([work]);
    },
  };
}
