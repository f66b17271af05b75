import type { QueueName } from './queues.ts';

/** How far a job is: it waits, waits for another try, runs, is done, or the queue has given it up. */
type JobState = 'created' | 'retry' | 'active' | 'completed' | 'failed';

/**
 * The condition that a job is in one of these states.
 *
 * @param id SQL of the job's id.
 */
export function jobIs(queue: QueueName, id: string, states: readonly JobState[]): string {
  return `EXISTS (SELECT 1 FROM pgboss.job j WHERE j.name = '${queue}' AND j.id = ${id}
                  AND j.state IN (${states.map((state) => `'${state}'`).join(', ')}))`;
}

/** A query of the jobs (`id`, `data`) that run and whose heartbeat is older. All jobs have a group; pg-boss has an index of those that run. */
export function silentJobs(queue: QueueName, seconds: number): string {
  return `SELECT j.id, j.data FROM pgboss.job j
    WHERE j.name = '${queue}' AND j.state = 'active' AND j.group_id IS NOT NULL AND j.heartbeat_on < now() - interval '${seconds} s'`;
}

/**
 * The condition that job `j` runs and was not given to somebody else since it was fetched. Compared to the millisecond, which is what a
 * Date holds.
 *
 * @param fetchedAt SQL of the moment in ms.
 */
export function isStillFetched(fetchedAt: string): string {
  return `j.state = 'active' AND abs(extract(epoch FROM j.started_on) * 1000 - ${fetchedAt}) < 2`;
}

/**
 * A query of the jobs among these that are still in the hands of who fetched them, and locks them.
 *
 * @param wanted name of a relation with "jobId" and "fetchedAt" (ms).
 * @param condition what has to hold, and to be evaluated, before the first job is locked.
 */
export function lockFetched(queue: QueueName, wanted: string, condition: string): string {
  return `SELECT j.id FROM pgboss.job j JOIN ${wanted} w ON w."jobId" = j.id
      WHERE j.name = '${queue}' AND ${isStillFetched('w."fetchedAt"')} AND ${condition}
      FOR KEY SHARE OF j`;
}
