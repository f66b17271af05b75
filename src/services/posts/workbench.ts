import type { Brief } from '../../domain/posts/prompts.ts';
import {
  crashesOfSuspects,
  createSuspectSlot,
  quietMs,
  type SuspectSlot,
} from '../../domain/posts/suspects.ts';
import type { Work } from '../../domain/work.ts';
import type { Changes } from '../../cache/changes.ts';
import type { Bus } from '../../events/bus.ts';
import { announce } from '../../events/topics.ts';
import { closeCalls } from '../../provider/ledger/statements.ts';
import type { Database, Transaction } from '../../store/database.ts';
import { Prisma, type PostPart } from '../../store/generated/prisma/client.ts';
import { createGroup } from '../../store/group.ts';
import type { Job, Jobs } from '../../store/jobs/jobs.ts';
import { lockFetched } from '../../store/jobs/sql.ts';
import { keepTrying } from '../../store/keep-trying.ts';
import { enqueuePosts, postJobSchema, type QueuedPost } from './queue.ts';
import { failedOften, type PostResult, type Settlement } from './results.ts';
import { writeResults } from './settle.ts';

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
   * Takes the leases of these jobs' posts. Of the suspects (posts whose workers died with them several times) at
   * most one runs in this process at a time, the one with the fewest crashes first, and none before the process has
   * lived for a while.
   *
   * @returns those that there is something to do for: not posts that are final, gone, in other hands or suspects
   * that have to wait, nor those of a batch that is paused or called off, nor those whose job was given to somebody
   * else since it was fetched.
   */
  claim(jobs: readonly { job: Job; leaseId: string }[]): Promise<PostWork[]>;
  /** Removes fetched jobs that brought no work. Suspects that had to wait get another job, for later. */
  dismiss(jobs: readonly Job[]): Promise<void>;
  /** @returns which of these leases still hold. */
  held(leaseIds: readonly string[]): Promise<Set<string>>;
  /**
   * Writes a post's end, its batch's counters and the events, and removes its job, in one transaction. What
   * comes of the same account while one is being written shares the next. What was made becomes a revision of its field, and is
   * shown unless a person has a say in that field; a post that could not be made again stays completed as it was.
   *
   * @returns false where the lease was lost.
   */
  settle(work: Work, result: PostResult): Promise<boolean>;
  /**
   * Puts a post back in the queue, and waits for a database that is away. Does nothing where the lease was lost:
   * then the post is somebody else's.
   *
   * @param options.countsAsAttempt false where the post itself has done nothing wrong: it is run again at once.
   * Otherwise it waits for 1, 2, 4 … 30 s, and ends FAILED where this was its last attempt.
   */
  release(work: Work, options?: { countsAsAttempt: boolean }): Promise<void>;
};

const maxGroupSize = 50;

/** A post ends FAILED when as many runs have failed by themselves. */
const maxFailures = 6;
/** Longest wait between two attempts. */
const maxBackoffSeconds = 30;
/** How long a suspect waits before a process is asked again whether it may run. */
const suspectDelaySeconds = 2;

export function createPostWorkbench(deps: {
  database: Database;
  jobs: Jobs;
  bus: Bus;
  changes: Changes;
  /** This process' own. */
  suspects?: SuspectSlot;
}): PostWorkbench {
  const { database, jobs, bus, changes } = deps;
  const { suspects = createSuspectSlot(quietMs, () => performance.now()) } = deps;

  const settle = createGroup<Settlement, boolean>(
    async (settlements) => {
      const write = async (tx: Transaction) => {
        const written = await writeResults(tx, settlements);
        const settled = new Set(written.map(({ event }) => ('postId' in event ? event.postId : undefined)));
        const held = settlements.map(({ work }) => settled.has(work.subjectId));
        const done = settlements.filter((_, index) => held[index]).map(({ work }) => work.jobId);
        await jobs.remove(tx, 'posts', done);
        return { entries: written, isSettled: held };
      };
      const { entries, isSettled } = await keepTrying(() => database.transaction(write));
      changes.posts(settlements.map(({ work }) => placeOf(work)));
      announce(bus, entries);
      return isSettled;
    },
    maxGroupSize,
    // What locks the batches of one account holds up nobody else's.
    ({ work }) => work.ownerId,
  );

  async function held(leaseIds: readonly string[]): Promise<Set<string>> {
    const rows = await database.query<{ leaseId: string }>(
      `SELECT "leaseId" FROM posts WHERE "leaseId" = ANY($1::uuid[]) AND status = 'GENERATING'`,
      [leaseIds],
    );
    return new Set(rows.map((row) => row.leaseId));
  }

  /** Gives suspects that may not run now jobs for later. */
  async function postponeSuspects(idle: readonly Job[]): Promise<void> {
    const jobIds = idle.map(({ id }) => id);
    const postIds = idle.map(({ data }) => postJobSchema.parse(data).postId);
    await database.transaction(async (tx) => {
      const posts = await tx.$queryRaw<QueuedPost[]>`
        UPDATE posts SET "jobId" = gen_random_uuid()
        WHERE id = ANY(${postIds}::uuid[]) AND "jobId" = ANY(${jobIds}::uuid[]) AND status = 'PENDING' AND crashes >= ${crashesOfSuspects}
          AND EXISTS (SELECT 1 FROM batches b WHERE b.id = "batchId" AND b.status = 'RUNNING')
        RETURNING id, "jobId", "ownerId", turn`;
      await enqueuePosts(jobs, tx, posts, suspectDelaySeconds);
    });
    // Where its end could not be written, nobody else tells.
    const suspect = suspects.lease();
    if (suspect !== undefined && !(await held([suspect])).has(suspect)) suspects.free(suspect);
  }

  async function take(wanted: readonly { leaseId: string }[]): Promise<ClaimedRow[]> {
    const hasRoom = suspects.reserve();
    let suspect: string | undefined;
    try {
      const parameters = [JSON.stringify(wanted), crashesOfSuspects, hasRoom];
      const rows = await database.query<ClaimedRow>(claimStatement, parameters);
      suspect = rows.find(({ crashes }) => crashes >= crashesOfSuspects)?.leaseId;
      return rows;
    } finally {
      if (hasRoom) suspects.take(suspect);
    }
  }

  return {
    async claim(claims) {
      if (claims.length === 0) return [];
      const wanted = claims.map(({ job, leaseId }) => ({
        ...postJobSchema.parse(job.data),
        jobId: job.id,
        fetchedAt: job.fetchedAt.getTime(),
        leaseId,
      }));
      const rows = await take(wanted);
      changes.posts(rows.map((row) => ({ ...row, postId: row.id })));
      return rows.map(({ id, leaseId, jobId, remakePart, remakeCount, remakeInstruction, ...row }) => {
        const { ownerId, campaignId, batchId, failures, crashes: _, previousCaption, ...first } = row;
        const regeneration = { number: remakeCount, instruction: remakeInstruction, previousCaption };
        const work = { jobId, subjectId: id, ownerId, campaignId, batchId, leaseId };
        return {
          ...work,
          attempt: failures + 1,
          isLastAttempt: failures + 1 >= maxFailures,
          part: remakePart ?? 'BOTH',
          remakeCount,
          brief: remakePart === null ? first : { ...first, regeneration },
        };
      });
    },
    async dismiss(idle) {
      if (idle.length === 0) return;
      await postponeSuspects(idle);
      await jobs.discard('posts', idle);
    },
    held,
    settle: (work, result) => settle({ work, result }).finally(() => suspects.free(work.leaseId)),
    async release(work, { countsAsAttempt } = { countsAsAttempt: true }) {
      const putBack = async (tx: Transaction) => {
        const [batch] = await tx.$queryRaw<{ isRunning: boolean }[]>`
          SELECT status = 'RUNNING' AS "isRunning" FROM batches WHERE id = ${work.batchId}::uuid FOR KEY SHARE`;
        if (batch === undefined) return false;
        const failed = countsAsAttempt && batch.isRunning;
        if (failed && work.isLastAttempt) return true;
        const posts = await tx.$queryRaw<(QueuedPost & { failures: number })[]>`
          UPDATE posts
          SET status = 'PENDING', "leaseId" = NULL, "jobId" = gen_random_uuid(), failures = failures + ${failed}::boolean::int
          WHERE id = ${work.subjectId}::uuid AND "leaseId" = ${work.leaseId}::uuid AND status = 'GENERATING'
          RETURNING id, "jobId", "ownerId", turn, failures`;
        if (posts.length === 0) return false;
        await tx.$executeRaw(closeCalls(Prisma.sql`(ARRAY[${work.subjectId}]::uuid[])`));
        await jobs.remove(tx, 'posts', [work.jobId]);
        // A paused batch has no jobs; resuming it makes new ones for its pending posts.
        const backoff = Math.min(maxBackoffSeconds, 2 ** ((posts[0]?.failures ?? 1) - 1));
        if (batch.isRunning) await enqueuePosts(jobs, tx, posts, failed ? backoff : 0);
        return false;
      };
      const isEnd = await keepTrying(() => database.transaction(putBack));
      if (isEnd) await settle({ work, result: failedOften });
      suspects.free(work.leaseId);
      changes.posts([placeOf(work)]);
    },
  };
}

function placeOf({ ownerId, campaignId, batchId, subjectId: postId }: Work) {
  return { ownerId, campaignId, batchId, postId };
}

type ClaimedRow = Omit<Brief, 'regeneration'> & {
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
  failures: number;
  crashes: number;
};

/**
 * Batches are locked before posts, here and wherever both are, so that no two statements wait for each other.
 * The lock waits for a pause or a cancellation that is being written, and not for the counters. A pause and a resumption,
 * or a heartbeat that ran out, between fetch and claim give the job to somebody else: it is looked at again, under
 * a lock and after the batch's. $2 is the number
 * of crashes that makes a suspect, $3 says whether one may be taken.
 */
const claimStatement = `
    WITH wanted AS (
      SELECT * FROM jsonb_to_recordset($1::jsonb) AS w("postId" uuid, "jobId" uuid, "fetchedAt" bigint, "leaseId" uuid)
    ), running AS MATERIALIZED (
      SELECT id, "postCount" FROM batches
      WHERE id IN (SELECT p."batchId" FROM posts p JOIN wanted w ON w."postId" = p.id) AND status = 'RUNNING'
      ORDER BY id FOR KEY SHARE
    ), fetched AS MATERIALIZED (
      -- Counted, so that all batches are locked before the first job.
      ${lockFetched('posts', 'wanted', '(SELECT count(*) FROM running) > 0')}
    ), suspect AS (
      SELECT p.id FROM posts p JOIN wanted w ON w."postId" = p.id AND w."jobId" = p."jobId"
      JOIN running b ON b.id = p."batchId"
      WHERE $3::boolean AND p.crashes >= $2::int AND p.status = 'PENDING' ORDER BY p.crashes, p.turn LIMIT 1
    )
    UPDATE posts p
    SET status = 'GENERATING', "leaseId" = w."leaseId", "startedAt" = coalesce(p."startedAt", now())
    FROM wanted w, fetched f, running b, campaigns c
    WHERE f.id = w."jobId" AND p.id = w."postId" AND p."jobId" = w."jobId" AND p.status = 'PENDING'
      AND (p.crashes < $2::int OR p.id = (SELECT id FROM suspect))
      AND b.id = p."batchId" AND c.id = p."campaignId"
    RETURNING p.id, p."ownerId", p."campaignId", p."batchId", p."leaseId", p."jobId", p."targetAudience", p.position,
              p."remakePart"::text AS "remakePart", p."remakeCount", p."remakeInstruction", p.caption AS "previousCaption",
              p.failures, p.crashes,
              b."postCount", c.brand, c.description, c.tone::text AS tone, c.language, c.channel::text AS channel`;
