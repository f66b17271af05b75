import { abandoned } from '../../domain/runs/failures.ts';
import { maxCrashes } from '../../domain/runs/suspects.ts';
import type { Work } from '../../domain/runs/work.ts';
import { closeCalls } from '../../provider/ledger/statements.ts';
import type { Database } from '../../store/database.ts';
import { Prisma } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import { queueOfRow, queuesOf } from '../../store/jobs/queues.ts';
import { jobIs, silentJobs } from '../../store/jobs/sql.ts';
import type { RunKind } from './kind.ts';
import { enqueueRuns, queuedRun, restoreJobs, type QueuedRun } from './queue.ts';
import type { Workbench } from './workbench.ts';

/** Puts runs right that no worker works on any more. Many instances may run it at once. */
export type RunRecovery = {
  /** @returns jobs without a heartbeat for 10 s, and RUNNING runs whose job does not run. */
  findDead(): Promise<DeadJob[]>;
  /**
   * Puts the runs of dead jobs back in the queue and closes their calls. A run with too many crashes ends instead
   * (domain/runs/suspects.ts).
   *
   * @returns how many runs were put back, and how many ended.
   */
  recover(dead: readonly DeadJob[]): Promise<{ recovered: number; abandoned: number }>;
  /** Adds the missing jobs of waiting runs. @returns how many runs got one. */
  restoreJobs(): Promise<number>;
  /** Closes the open calls of subjects that nobody works on. @returns how many calls. */
  closeStrayCalls(): Promise<number>;
};

/** A kind of run with the workbench for it. */
export type Recoverable = {
  kind: Pick<RunKind<Work, never>, 'name' | 'putBack' | 'changed'>;
  workbench: Pick<Workbench<Work, never>, 'settle'>;
};

/** How long a heartbeat may be missing: three beats (engine/dispatcher.ts). */
const silentSeconds = 10;

/** Dead jobs that one look finds at most. */
const maxFound = 1_000;

/** @param deps.kinds all that this process runs. Runs of other kinds are left to processes that know them. */
export function createRunRecovery(deps: {
  database: Database;
  jobs: Jobs;
  kinds: readonly Recoverable[];
}): RunRecovery {
  const { database, jobs } = deps;
  const kinds = new Map(deps.kinds.map((one) => [one.kind.name, one]));
  const names = [...kinds.keys()];
  return {
    findDead: () => database.query<DeadJob>(deadStatement, [queuesOf(names), names]),

    async recover(dead) {
      const runs = await database.transaction(async (tx) => {
        const lost = await tx.$queryRaw<LostRun[]>(loseStatement(dead));
        for (const [name, those] of Map.groupBy(lost, ({ kind }) => kind))
          await kinds.get(name)?.kind.putBack(tx, waitingAgain(those));
        await tx.$executeRaw(closeCalls(Prisma.sql`(${lost.map(({ subjectId }) => subjectId)}::uuid[])`));
        for (const [queue, those] of Map.groupBy(dead, (job) => job.queue))
          await jobs.remove(
            tx,
            queue,
            those.map(({ jobId }) => jobId),
          );
        // A paused batch has no jobs. Resuming it adds new ones.
        const again = lost.filter(({ leaseId, mayRun }) => leaseId === null && mayRun);
        await enqueueRuns(jobs, tx, again);
        return lost;
      });
      for (const [name, those] of Map.groupBy(runs, ({ kind }) => kind)) kinds.get(name)?.kind.changed(those);
      const ended = await Promise.all(
        runs.flatMap(({ id: runId, leaseId, kind, ...run }) => {
          const workbench = kinds.get(kind)?.workbench;
          if (leaseId === null || workbench === undefined) return [];
          const work = { ...run, runId, leaseId, kind, attempt: maxCrashes, isLastAttempt: true };
          return workbench.settle(work, abandoned);
        }),
      );
      return { recovered: runs.length - ended.length, abandoned: ended.filter(Boolean).length };
    },

    async restoreJobs() {
      // Batches under reconciliation get their jobs from it.
      const which = Prisma.sql`(b.id IS NULL OR b."reconcileFrom" IS NULL) AND r.kind = ANY(${names}::text[])`;
      return database.transaction((tx) => restoreJobs(jobs, tx, which));
    },

    closeStrayCalls: () =>
      database.prisma.$executeRaw(
        closeCalls(Prisma.sql`(
          SELECT s."subjectId" FROM provider_calls s LEFT JOIN posts p ON p.id = s."subjectId"
          WHERE s.status IN ('INTENT', 'SENT') AND p.status IS DISTINCT FROM 'GENERATING'
            AND NOT EXISTS (SELECT 1 FROM runs r WHERE r."subjectId" = s."subjectId" AND r.state = 'RUNNING'))`),
      ),
  };
}

function waitingAgain(runs: readonly LostRun[]): string[] {
  return runs.flatMap(({ leaseId, subjectId }) => (leaseId === null ? [subjectId] : []));
}

/** A job that nobody works on, its run if there is one, and the lease that it had. */
export type DeadJob = { queue: string; jobId: string; runId: string | null; leaseId: string | null };

/** `leaseId` is null if it waits again, and a new lease if it has to end. */
type LostRun = QueuedRun &
  Pick<Work, 'subjectId' | 'campaignId' | 'batchId' | 'payload'> & {
    leaseId: string | null;
    mayRun: boolean;
  };

/** Jobs without a heartbeat, and RUNNING runs whose job does not run. $1: the queues. $2: the kinds. */
const deadStatement = `
    SELECT j.name AS queue, j.id AS "jobId", r.id AS "runId", r."leaseId"
    FROM (${silentJobs('$1::text[]', silentSeconds)}) j
    LEFT JOIN runs r ON r.id = (j.data->>'runId')::uuid AND r."jobId" = j.id
    UNION ALL
    SELECT ${queueOfRow('r')}, r."jobId", r.id, r."leaseId" FROM runs r
    WHERE r.state = 'RUNNING' AND r.kind = ANY ($2::text[]) AND NOT ${jobIs(queueOfRow('r'), 'r."jobId"', ['active'])}
    LIMIT ${maxFound}`;

/** Gives dead runs a new job, and those with too many crashes a new lease, under which they end. */
function loseStatement(dead: readonly DeadJob[]): Prisma.Sql {
  const crashes = Prisma.sql`r.crashes + (r.state = 'RUNNING')::int`;
  return Prisma.sql`
    WITH dead AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(dead)}::jsonb) AS d("jobId" uuid, "runId" uuid, "leaseId" uuid)
    ), held AS MATERIALIZED (
      SELECT id, status FROM batches
      WHERE id IN (SELECT r."batchId" FROM runs r JOIN dead d ON d."runId" = r.id) ORDER BY id FOR KEY SHARE
    ), found AS MATERIALIZED (
      SELECT d.*, (SELECT count(*) FROM held) FROM dead d
    )
    UPDATE runs r
    SET "jobId" = gen_random_uuid(), crashes = ${crashes},
        state = CASE WHEN ${crashes} < ${maxCrashes} THEN 'WAITING'::"RunState" ELSE 'RUNNING' END,
        "leaseId" = CASE WHEN ${crashes} < ${maxCrashes} THEN NULL ELSE gen_random_uuid() END
    FROM found d
    WHERE r.id = d."runId" AND r."jobId" = d."jobId" AND r."leaseId" IS NOT DISTINCT FROM d."leaseId"
      AND r.state IN ('WAITING', 'RUNNING')
    RETURNING ${queuedRun('r')}, r."subjectId", r."campaignId", r."batchId", r.payload, r."leaseId",
      r."batchId" IS NULL OR EXISTS (SELECT 1 FROM held b WHERE b.id = r."batchId" AND b.status = 'RUNNING') AS "mayRun"`;
}
