import {
  crashesOfSuspects,
  createSuspectSlot,
  quietMs,
  type SuspectSlot,
} from '../../domain/posts/suspects.ts';
import type { Work } from '../../domain/work.ts';
import type { Changes, PostIds } from '../../cache/changes.ts';
import type { Bus } from '../../events/bus.ts';
import { postOfEvent } from '../../domain/batches/events.ts';
import { announce } from '../../events/topics.ts';
import { closeCalls } from '../../provider/ledger/statements.ts';
import type { Database, Transaction } from '../../store/database.ts';
import { Prisma } from '../../store/generated/prisma/client.ts';
import { groupWrites } from '../../store/grouped-writes.ts';
import type { Job, Jobs } from '../../store/jobs/jobs.ts';
import { keepTrying } from '../../store/keep-trying.ts';
import { claimPosts, type Claim, type PostWork } from './claim.ts';
import { enqueuePosts, postJobSchema, queuedPost, type QueuedPost } from './queue.ts';
import { failedOften, type PostResult, type Settlement } from './results.ts';
import { writeResults } from './settle.ts';

/** What a worker does to posts. Every write checks the lease: a worker that has lost it changes nothing. */
export type PostWorkbench = {
  /**
   * Takes the leases of these jobs' posts. A suspect is a post whose workers have crashed several times: at most one
   * runs in this process at a time, the one with the fewest crashes first, and none in a process that is too young.
   *
   * @returns the claimed posts. Missing are posts that are final, deleted or claimed by another worker, suspects that
   * have to wait, posts of batches that do not run, and those whose job was given to another worker since it was fetched.
   */
  claim(claims: readonly Claim[]): Promise<PostWork[]>;
  /** Removes fetched jobs that were not claimed. Suspects that have to wait get a new job, for later. */
  dismiss(jobs: readonly Job[]): Promise<void>;
  /** @returns the leases among these that still hold. */
  held(leaseIds: readonly string[]): Promise<Set<string>>;
  /**
   * Writes a post's result, its batch's counters and the events, and removes its job, in one transaction. Results of one
   * workspace that come while another is being written share the next transaction. Each new value becomes a revision of
   * its field, and is shown unless a person has pinned the field or approved the post. A post whose regeneration failed
   * stays completed as it was.
   *
   * @returns false if the lease was lost.
   */
  settle(work: Work, result: PostResult): Promise<boolean>;
  /**
   * Puts a post back in the queue. Waits for a database that is away. Does nothing if the lease was lost.
   *
   * @param options.countsAsAttempt true, the default, if the run failed by itself: the post waits for 1, 2, 4 … 30 s, and
   * ends FAILED if this was its last attempt. Otherwise it may run again at once.
   */
  release(work: Work, options?: { countsAsAttempt: boolean }): Promise<void>;
};

const maxGroupSize = 50;
/** Longest wait between two attempts. */
const maxBackoffSeconds = 30;
/** How long a suspect waits before a worker tries to claim it again. */
const suspectDelaySeconds = 2;

/** @param deps.suspects this process's slot for suspects; by default a new one. */
export function createPostWorkbench(deps: {
  database: Database;
  jobs: Jobs;
  bus: Bus;
  changes: Changes;
  suspects?: SuspectSlot;
}): PostWorkbench {
  const { database, jobs, bus, changes } = deps;
  const { suspects = createSuspectSlot(quietMs, () => performance.now()) } = deps;

  const settle = groupWrites<Settlement, boolean>(
    async (settlements) => {
      const write = async (tx: Transaction) => {
        const written = await writeResults(tx, settlements);
        const settled = new Set(written.map(({ event }) => postOfEvent(event)));
        const held = settlements.map(({ work }) => settled.has(work.subjectId));
        const done = settlements.filter((_, index) => held[index]).map(({ work }) => work.jobId);
        await jobs.remove(tx, 'posts', done);
        return { entries: written, isSettled: held };
      };
      const { entries, isSettled } = await keepTrying(() => database.transaction(write));
      changes.posts(settlements.map(({ work }) => idsOf(work)));
      announce(bus, entries);
      return isSettled;
    },
    maxGroupSize,
    // A lock on one workspace's batches must not hold up other workspaces.
    ({ work }) => work.ownerId,
  );

  async function held(leaseIds: readonly string[]): Promise<Set<string>> {
    const rows = await database.query<{ leaseId: string }>(
      `SELECT "leaseId" FROM posts WHERE "leaseId" = ANY($1::uuid[]) AND status = 'GENERATING'`,
      [leaseIds],
    );
    return new Set(rows.map((row) => row.leaseId));
  }

  /** Gives suspects that were not claimed a new job, for later. */
  async function postponeSuspects(idle: readonly Job[]): Promise<void> {
    const jobIds = idle.map(({ id }) => id);
    const postIds = idle.map(({ data }) => postJobSchema.parse(data).postId);
    await database.transaction(async (tx) => {
      const posts = await tx.$queryRaw<QueuedPost[]>`
        UPDATE posts p SET "jobId" = gen_random_uuid()
        WHERE p.id = ANY(${postIds}::uuid[]) AND p."jobId" = ANY(${jobIds}::uuid[])
          AND p.status = 'PENDING' AND p.crashes >= ${crashesOfSuspects}
          AND EXISTS (SELECT 1 FROM batches b WHERE b.id = p."batchId" AND b.status = 'RUNNING')
        RETURNING ${queuedPost('p')}`;
      await enqueuePosts(jobs, tx, posts, suspectDelaySeconds);
    });
    // A suspect whose end could not be written would keep the slot.
    const suspect = suspects.lease();
    if (suspect !== undefined && !(await held([suspect])).has(suspect)) suspects.free(suspect);
  }

  return {
    async claim(claims) {
      if (claims.length === 0) return [];
      const claimed = await claimPosts(database, suspects, claims);
      changes.posts(claimed.map(idsOf));
      return claimed;
    },
    async dismiss(idle) {
      if (idle.length === 0) return;
      await postponeSuspects(idle);
      await jobs.discard('posts', idle);
    },
    held,
    settle: (work, result) => settle({ work, result }).finally(() => suspects.free(work.leaseId)),
    async release(work, { countsAsAttempt } = { countsAsAttempt: true }) {
      /** @returns whether the post has to end FAILED. */
      const putBack = async (tx: Transaction): Promise<boolean> => {
        const [batch] = await tx.$queryRaw<{ isRunning: boolean }[]>`
          SELECT status = 'RUNNING' AS "isRunning" FROM batches WHERE id = ${work.batchId}::uuid FOR KEY SHARE`;
        if (batch === undefined) return false;
        const failed = countsAsAttempt && batch.isRunning;
        if (failed && work.isLastAttempt) return true;
        const posts = await tx.$queryRaw<(QueuedPost & { failures: number })[]>`
          UPDATE posts p
          SET status = 'PENDING', "leaseId" = NULL, "jobId" = gen_random_uuid(), failures = failures + ${failed}::boolean::int
          WHERE p.id = ${work.subjectId}::uuid AND p."leaseId" = ${work.leaseId}::uuid AND p.status = 'GENERATING'
          RETURNING ${queuedPost('p')}, p.failures`;
        if (posts.length === 0) return false;
        await tx.$executeRaw(closeCalls(Prisma.sql`(ARRAY[${work.subjectId}]::uuid[])`));
        await jobs.remove(tx, 'posts', [work.jobId]);
        // A paused batch has no jobs. Resuming it adds new ones.
        const backoff = Math.min(maxBackoffSeconds, 2 ** ((posts[0]?.failures ?? 1) - 1));
        if (batch.isRunning) await enqueuePosts(jobs, tx, posts, failed ? backoff : 0);
        return false;
      };
      const hasToEnd = await keepTrying(() => database.transaction(putBack));
      if (hasToEnd) await settle({ work, result: failedOften });
      suspects.free(work.leaseId);
      changes.posts([idsOf(work)]);
    },
  };
}

function idsOf({ ownerId, campaignId, batchId, subjectId: postId }: Work): PostIds {
  return { ownerId, campaignId, batchId, postId };
}
