import { Prisma } from '../generated/prisma/client.ts';

/** pg-boss' states: waits, waits for a retry, runs, is done, has failed for good. */
type JobState = 'created' | 'retry' | 'active' | 'completed' | 'failed';

/**
 * SQL: whether a job is in one of these states.
 *
 * @param queue SQL of the queue's name.
 * @param id SQL of the job's id.
 */
export function jobIs(queue: string, id: string, states: readonly JobState[]): string {
  return `EXISTS (SELECT 1 FROM pgboss.job j WHERE j.name = ${queue} AND j.id = ${id}
                  AND j.state IN (${states.map((state) => `'${state}'`).join(', ')}))`;
}

/** A query of the running jobs. @param queues SQL of an array of names. */
export function activeJobs(queues: string): string {
  return `SELECT j.id FROM pgboss.job j WHERE j.name = ANY (${queues}) AND j.state = 'active'`;
}

/**
 * A query of the running jobs (`name`, `id`, `data`) without a heartbeat for this long. `group_id` is never null; the condition
 * makes PostgreSQL use pg-boss' index.
 *
 * @param queues SQL of an array of names.
 */
export function silentJobs(queues: string, seconds: number): string {
  return `SELECT j.name, j.id, j.data FROM pgboss.job j
    WHERE j.name = ANY (${queues}) AND j.state = 'active' AND j.group_id IS NOT NULL AND j.heartbeat_on < now() - interval '${seconds} s'`;
}

/**
 * SQL: whether job `j` runs and has not been fetched again since. Compares milliseconds, the precision of a Date.
 *
 * @param fetchedAt SQL of the timestamp in ms.
 */
export function isStillFetched(fetchedAt: string): string {
  return `j.state = 'active' AND abs(extract(epoch FROM j.started_on) * 1000 - ${fetchedAt}) < 2`;
}

/**
 * A query that locks the jobs among these that have not been fetched again since, and returns their ids.
 *
 * @param queue SQL of the queue's name.
 * @param wanted name of a relation with "jobId" and "fetchedAt" (ms).
 * @param condition must hold. It is evaluated before the first job is locked.
 */
export function lockFetched(queue: string, wanted: string, condition: string): string {
  return `SELECT j.id FROM pgboss.job j JOIN ${wanted} w ON w."jobId" = j.id
      WHERE j.name = ${queue} AND ${isStillFetched('w."fetchedAt"')} AND ${condition}
      FOR KEY SHARE OF j`;
}

/**
 * A query of the waiting jobs (queue and id) whose data names one of these.
 *
 * @param field of the data, a uuid.
 * @param ids a query of one column.
 */
export function waitingJobsOf(queue: string, field: string, ids: string): string {
  return `SELECT j.name, j.id FROM pgboss.job j
    WHERE j.name = '${queue}' AND j.state < 'active' AND (j.data->>'${field}')::uuid IN (${ids})`;
}

/** A statement that removes jobs, which may be thousands, whether they wait or run. @param jobs a query of their queue and id. */
export function removalOf(jobs: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`DELETE FROM pgboss.job WHERE (name, id) IN (${jobs})`;
}
