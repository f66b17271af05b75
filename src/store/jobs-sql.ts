import { Prisma } from './generated/prisma/client.ts';

/** What statements ask of pg-boss' tables. Only files of this name's beginning name them (scripts/rooms.ts). */

type JobState = 'created' | 'retry' | 'active' | 'failed';

/** The condition that the post `p` has a job in one of these states. */
export function postHasJob(...states: readonly JobState[]): string {
  const names = states.map((state) => `'${state}'`).join(', ');
  return `EXISTS (SELECT 1 FROM pgboss.job j WHERE j.name = 'posts' AND j.id = p."jobId" AND j.state IN (${names}))`;
}

/** The condition that `j` was not given to anybody else since `w."fetchedAt"`: to the millisecond, which is what a Date holds. */
export const isSameFetch = `j.state = 'active' AND abs(extract(epoch FROM j.started_on) * 1000 - w."fetchedAt") < 2`;

/**
 * A query that locks and returns the ids of the jobs in `wanted` ("jobId", "fetchedAt") that are still in the hands of who fetched them.
 *
 * @param condition asked before the first job is locked.
 */
export function lockFetchedPostJobs(condition: string): string {
  return `
      SELECT j.id FROM pgboss.job j JOIN wanted w ON w."jobId" = j.id
      WHERE j.name = 'posts' AND ${condition} AND ${isSameFetch}
      FOR KEY SHARE OF j`;
}

/** A query of the posts that these jobs stand for. */
export function postsOfJobs(jobIds: readonly string[]): Prisma.Sql {
  return Prisma.sql`SELECT (data->>'postId')::uuid FROM pgboss.job WHERE name = 'posts' AND id = ANY(${[...jobIds]}::uuid[])`;
}

/** A query ("id", "postId") of the running jobs whose worker has been silent. All jobs have a group; pg-boss has an index of those that run. */
export function silentPostJobs(seconds: number): string {
  return `
    SELECT id, (data->>'postId')::uuid AS "postId" FROM pgboss.job
    WHERE name = 'posts' AND state = 'active' AND group_id IS NOT NULL AND heartbeat_on < now() - interval '${seconds} s'`;
}
