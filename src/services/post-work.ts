import type { Brief } from '../domain/prompts.ts';
import type { Work } from '../domain/work.ts';
import type { Changes } from '../cache/changes.ts';
import type { Bus } from '../events/bus.ts';
import { announce } from '../events/topics.ts';
import type { Database, Transaction } from '../store/database.ts';
import type { PostPart } from '../store/generated/prisma/client.ts';
import { createGroup } from '../store/group.ts';
import type { Job, Jobs } from '../store/jobs.ts';
import { keepTrying } from '../store/keep-trying.ts';
import { enqueuePosts, postJobSchema } from './post-queue.ts';
import { writeResults, type PostResult, type Settlement } from './post-results.ts';

/** A post that this worker may write, with what is to be made of it. */
export type PostWork = Work & {
  brief: Brief;
  part: PostPart;
  /** How often it was made again before and with this run: 0 while it is made for the first time. */
  remakeCount: number;
};

/** What a worker does to posts. Every write is fenced on the lease: who lost it changes nothing. */
export type PostWorkbench = {
  /**
   * Takes the leases of these jobs' posts; earlier holders can write no more.
   *
   * @returns those that there is something to do for: not posts that are final or gone, nor those of a batch
   * that is paused or called off, nor those whose job was given to somebody else since it was fetched.
   */
  claim(jobs: readonly { job: Job; leaseId: string }[]): Promise<PostWork[]>;
  /** @returns which of these leases still hold. */
  held(leaseIds: readonly string[]): Promise<Set<string>>;
  /**
   * Writes a post's end, its batch's counters, the events and the job's completion in one transaction. What
   * comes while one is being written shares the next. What was made becomes a revision of its field, and is
   * shown unless a person has a say in that field; a post that could not be made again stays completed as it was.
   *
   * @returns false where the lease was lost.
   */
  settle(work: Work, result: PostResult): Promise<boolean>;
  /**
   * Puts a post back in the queue, to be run again after the queue's backoff. Does nothing where the lease
   * was lost: then the job is somebody else's.
   *
   * @param options.countsAsAttempt false where the job itself has done nothing wrong: it starts afresh.
   */
  release(work: Work, reason: string, options?: { countsAsAttempt: boolean }): Promise<void>;
};

const maxGroupSize = 50;

export function createPostWorkbench(deps: {
  database: Database;
  jobs: Jobs;
  bus: Bus;
  changes: Changes;
}): PostWorkbench {
  const { database, jobs, bus, changes } = deps;

  const settle = createGroup<Settlement, boolean>(async (settlements) => {
    const write = async (tx: Transaction) => {
      const written = await writeResults(tx, settlements);
      const settled = new Set(written.map(({ event }) => ('postId' in event ? event.postId : undefined)));
      const held = settlements.map(({ work }) => settled.has(work.subjectId));
      const done = settlements.filter((_, index) => held[index]).map(({ work }) => work.jobId);
      if (done.length > 0) await jobs.complete(tx, 'posts', done);
      return { entries: written, isSettled: held };
    };
    const { entries, isSettled } = await keepTrying.execute(() => database.transaction(write));
    changes.posts(settlements.map(({ work }) => placeOf(work)));
    announce(bus, entries);
    return isSettled;
  }, maxGroupSize);

  return {
    async claim(claims) {
      if (claims.length === 0) return [];
      const wanted = claims.map(({ job, leaseId }) => ({
        ...postJobSchema.parse(job.data),
        jobId: job.id,
        fetchedAt: job.fetchedAt.getTime(),
        leaseId,
      }));
      const rows = await database.query<ClaimedRow>(claimStatement, [JSON.stringify(wanted)]);
      changes.posts(rows.map((row) => ({ ...row, postId: row.id })));
      return rows.flatMap(({ id, leaseId, jobId, remakePart, remakeCount, remakeInstruction, ...row }) => {
        const job = claims.find((claim) => claim.job.id === jobId)?.job;
        if (job === undefined) return [];
        const { ownerId, campaignId, batchId, previousCaption, ...first } = row;
        const remake = { number: remakeCount, instruction: remakeInstruction, previousCaption };
        const work = { jobId, subjectId: id, ownerId, campaignId, batchId, leaseId };
        return [
          {
            ...work,
            attempt: job.retryCount + 1,
            isLastAttempt: job.isLastTry,
            part: remakePart ?? 'BOTH',
            remakeCount,
            brief: remakePart === null ? first : { ...first, remake },
          },
        ];
      });
    },
    async held(leaseIds) {
      const rows = await database.query<{ leaseId: string }>(
        `SELECT "leaseId" FROM posts WHERE "leaseId" = ANY($1::uuid[]) AND status = 'GENERATING'`,
        [leaseIds],
      );
      return new Set(rows.map((row) => row.leaseId));
    },
    settle: (work, result) => settle({ work, result }),
    async release(work, reason, { countsAsAttempt } = { countsAsAttempt: true }) {
      await database.transaction(async (tx) => {
        const [released] = await tx.$queryRaw<{ isRunning: boolean; turn: number }[]>`
          WITH held AS MATERIALIZED (
            SELECT id, status FROM batches WHERE id = ${work.batchId}::uuid FOR KEY SHARE
          )
          UPDATE posts p SET status = 'PENDING', "leaseId" = NULL
          FROM held
          WHERE p.id = ${work.subjectId}::uuid AND p."leaseId" = ${work.leaseId}::uuid AND p.status = 'GENERATING'
          RETURNING held.status = 'RUNNING' AS "isRunning", p.turn`;
        if (released === undefined) return;
        if (released.isRunning && countsAsAttempt) return jobs.retry(tx, 'posts', work.jobId, reason);
        // A paused batch has no jobs; resuming it makes new ones for its pending posts.
        await jobs.remove(tx, 'posts', [work.jobId]);
        if (!released.isRunning) return;
        const { subjectId: id, jobId, ownerId } = work;
        await enqueuePosts(jobs, tx, [{ id, jobId, ownerId, turn: released.turn }]);
      });
      changes.posts([placeOf(work)]);
    },
  };
}

function placeOf({ ownerId, campaignId, batchId, subjectId: postId }: Work) {
  return { ownerId, campaignId, batchId, postId };
}

type ClaimedRow = Omit<Brief, 'remake'> & {
  id: string;
  remakePart: PostPart | null;
  remakeCount: number;
  remakeInstruction: string | null;
  previousCaption: string | null;
  ownerId: string;
  campaignId: string;
  batchId: string;
  leaseId: string;
  jobId: string;
};

/**
 * Batches are locked before posts, here and wherever both are, so that no two statements wait for each other.
 * The lock waits for a pause or a cancellation that is being written, and not for the counters. A pause and a resumption,
 * or a heartbeat that ran out, between fetch and claim give the job to somebody else: it is looked at again, under
 * a lock and after the batch's. Its time is compared to the millisecond, which is what a Date holds.
 */
const claimStatement = `
    WITH wanted AS (
      SELECT * FROM jsonb_to_recordset($1::jsonb) AS w("postId" uuid, "jobId" uuid, "fetchedAt" bigint, "leaseId" uuid)
    ), running AS MATERIALIZED (
      SELECT id, "postCount" FROM batches
      WHERE id IN (SELECT p."batchId" FROM posts p JOIN wanted w ON w."postId" = p.id) AND status = 'RUNNING'
      ORDER BY id FOR KEY SHARE
    ), fetched AS MATERIALIZED (
      SELECT j.id FROM pgboss.job j JOIN wanted w ON w."jobId" = j.id
      WHERE j.name = 'posts' AND j.state = 'active' AND EXISTS (SELECT FROM running)
        AND abs(extract(epoch FROM j.started_on) * 1000 - w."fetchedAt") < 2
      FOR KEY SHARE OF j
    )
    UPDATE posts p
    SET status = 'GENERATING', "leaseId" = w."leaseId", "startedAt" = coalesce(p."startedAt", now())
    FROM wanted w, fetched f, running b, campaigns c
    WHERE f.id = w."jobId" AND p.id = w."postId" AND p."jobId" = w."jobId" AND p.status IN ('PENDING', 'GENERATING')
      AND b.id = p."batchId" AND c.id = p."campaignId"
    RETURNING p.id, p."ownerId", p."campaignId", p."batchId", p."leaseId", p."jobId", p."targetAudience", p.position,
              p."remakePart"::text AS "remakePart", p."remakeCount", p."remakeInstruction", p.caption AS "previousCaption",
              b."postCount", c.brand, c.description, c.tone::text AS tone, c.language, c.channel::text AS channel`;
