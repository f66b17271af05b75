import { randomUUID, randomUUIDv7 } from 'node:crypto';
import type { Changes } from '../../cache/changes.ts';
import type { Bus } from '../../events/bus.ts';
import { reconcileTopic } from '../../events/topics.ts';
import { closeCalls } from '../../provider/ledger/statements.ts';
import type { Database, Transaction } from '../../store/database.ts';
import { Prisma, type Batch, type PostStatus } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import { enqueuePosts, restoreJobs, type QueuedPost } from '../posts/queue.ts';
import { lockTurns, takeTurns } from './queue-positions.ts';

/**
 * A batch's row says what is wanted of it; reconciliation makes its posts and jobs follow, position by position from
 * `reconcileFrom` on: it writes posts that are missing, runs failed ones again that are to be retried, gives the posts of a
 * running batch their jobs, and cancels those of a cancelled one.
 */
export type Reconciliation = {
  /**
   * Does the next part of what is to be done for any batch, in a short transaction. Any number of instances may.
   *
   * @returns whether there was something to do.
   */
  next(): Promise<boolean>;
};

/**
 * Positions that one transaction brings in line: about 50 ms on the embedded database. A batch of no more is in line when
 * the call that started or changed it answers.
 */
export const windowSize = 100;

export function createReconciliation(deps: {
  database: Database;
  jobs: Jobs;
  changes: Changes;
}): Reconciliation {
  const { database, jobs, changes } = deps;
  return {
    async next() {
      // The least advanced first, so that large orders share what there is.
      const [due] = await database.prisma.$queryRaw<{ id: string; ownerId: string }[]>`
        SELECT id, "ownerId" FROM batches
        WHERE "reconcileFrom" IS NOT NULL AND "reconcileFrom" <= "postCount" ORDER BY "reconcileFrom", random() LIMIT 1`;
      if (due === undefined) return false;
      await database.transaction(async (tx) => {
        await tx.$queryRaw`
          SELECT 1 FROM campaigns WHERE id = (SELECT "campaignId" FROM batches WHERE id = ${due.id}::uuid) FOR KEY SHARE`;
        const [batch] = await tx.$queryRaw<Batch[]>`
          SELECT * FROM batches WHERE id = ${due.id}::uuid AND "reconcileFrom" <= "postCount" FOR NO KEY UPDATE`;
        if (batch !== undefined) await reconcileWindow(jobs, tx, batch);
      });
      changes.workspace(due.ownerId);
      return true;
    },
  };
}

/** Tells workers that there is something to reconcile. Who does not hear it looks every second. */
export function wakeReconciliation(bus: Bus, { id, reconcileFrom }: Batch): void {
  if (reconcileFrom !== null) bus.publish(reconcileTopic, { batchId: id });
}

/**
 * Brings the next positions of a batch in line with it. Its campaign, by `FOR KEY SHARE` at least, and its row are locked.
 *
 * @returns the batch as it is then.
 */
export async function reconcileWindow(jobs: Jobs, tx: Transaction, batch: Batch): Promise<Batch> {
  const { id, postCount, status, reconcileFrom: from } = batch;
  if (from === null || from > postCount) return batch;
  const to = Math.min(from + windowSize - 1, postCount);
  const [last] = await tx.$queryRaw<{ position: number }[]>`
    SELECT position FROM posts WHERE "batchId" = ${id}::uuid ORDER BY position DESC LIMIT 1`;
  const written = last?.position ?? 0;
  const window = { from, to: Math.min(to, written) };
  let retried = 0;
  if (from <= written) {
    retried = await retryPosts(tx, batch, window);
    if (status === 'RUNNING') {
      const ofWindow = Prisma.sql`b.id = ${id}::uuid AND p.position BETWEEN ${window.from}::int AND ${window.to}::int`;
      await restoreJobs(jobs, tx, ofWindow);
    }
    if (status === 'CANCELLED') await cancelPosts(tx, id, window);
  }
  if (written < to) await writePosts(jobs, tx, batch, { from: Math.max(from, written + 1), to });
  const isLast = to === postCount;
  // Posts that have failed since the retry was asked for are run again with the others.
  const planned = Math.min(retried, batch.retriesLeft);
  return tx.batch.update({
    where: { id },
    data: {
      reconcileFrom: isLast ? await afterLast(tx, batch, written === 0) : to + 1,
      ...(isLast ? { retrying: false } : {}),
      ...(status === 'CANCELLED'
        ? isLast && (await countsOfRows(tx, id))
        : { retriesLeft: { decrement: planned }, failedCount: { decrement: retried - planned } }),
    },
  });
}

/**
 * The counters of a batch whose posts are all final, by its rows. A cancellation counts in advance, and may not know of posts that
 * failed since, or that were not written yet.
 */
async function countsOfRows(tx: Transaction, batchId: string) {
  const rows = await tx.post.groupBy({ by: ['status'], where: { batchId }, _count: true });
  const count = (wanted: PostStatus) => rows.find(({ status }) => status === wanted)?._count ?? 0;
  return {
    completedCount: count('COMPLETED'),
    failedCount: count('FAILED'),
    cancelledCount: count('CANCELLED'),
    retriesLeft: 0,
  };
}

type Window = { from: number; to: number };

/**
 * What is left when all posts are in line: the owner's turns, where batches of several priorities wait.
 *
 * @param isNew whether its posts were not there before. A small order takes the turns after all others, and moves nobody.
 */
async function afterLast(
  tx: Transaction,
  { ownerId, postCount, status, lastSeq }: Batch,
  isNew: boolean,
): Promise<number | null> {
  if (status !== 'RUNNING' || (isNew && postCount <= windowSize)) return null;
  const priorities = await tx.batch.groupBy({ by: ['priority'], where: { ownerId, finishedAt: null } });
  // Behind the last position, and another number for each request: see endDealing.
  return priorities.length > 1 ? postCount + 2 + lastSeq : null;
}

/** Writes posts that are not there yet, and the jobs of a running batch's. */
async function writePosts(jobs: Jobs, tx: Transaction, batch: Batch, { from, to }: Window): Promise<void> {
  // Ids of one millisecond come in no order; sorted, the newest-first lists show a batch from its last post.
  const ids = Array.from({ length: to - from + 1 }, () => randomUUIDv7()).toSorted();
  const isCancelled = batch.status === 'CANCELLED';
  const turn = isCancelled ? 0 : await takeTurns(tx, batch.ownerId);
  const posts: QueuedPost[] = ids.map((id, place) => ({
    id,
    jobId: randomUUID(),
    ownerId: batch.ownerId,
    turn: turn + place,
  }));
  await tx.$executeRaw`
    INSERT INTO posts (id, "jobId", "ownerId", "campaignId", channel, "batchId", position, status, "targetAudience", turn,
                       "createdAt", "finishedAt")
    SELECT n.id, n."jobId", b."ownerId", b."campaignId", b.channel, b.id, ${from}::int + n.place - 1,
           CASE WHEN ${isCancelled} THEN 'CANCELLED' ELSE 'PENDING' END::"PostStatus",
           coalesce(b."targetAudience",
                    (SELECT "targetAudience" FROM posts WHERE "batchId" = b.id ORDER BY position LIMIT 1), c."targetAudience"),
           ${turn}::int + n.place - 1, now(), CASE WHEN ${isCancelled} THEN now() END
    FROM batches b JOIN campaigns c ON c.id = b."campaignId",
         unnest(${posts.map(({ id }) => id)}::uuid[], ${posts.map(({ jobId }) => jobId)}::uuid[])
         WITH ORDINALITY AS n(id, "jobId", place)
    WHERE b.id = ${batch.id}::uuid`;
  if (batch.status === 'RUNNING') await enqueuePosts(jobs, tx, posts);
}

/** Puts FAILED posts back to PENDING where that was asked for. @returns how many. */
async function retryPosts(tx: Transaction, batch: Batch, { from, to }: Window): Promise<number> {
  // What has failed in a batch that is complete by now is counted, and may be retried again.
  if (!batch.retrying || batch.status === 'COMPLETED') return 0;
  const turn = batch.status === 'CANCELLED' ? 0 : await takeTurns(tx, batch.ownerId);
  return tx.$executeRaw`
    UPDATE posts p
    SET status = 'PENDING', "jobId" = gen_random_uuid(), turn = ${turn}::int + f.place - 1,
        "errorCode" = NULL, "errorMessage" = NULL, "finishedAt" = NULL
    FROM (SELECT id, (row_number() OVER (ORDER BY position))::int AS place FROM posts
          WHERE "batchId" = ${batch.id}::uuid AND position BETWEEN ${from}::int AND ${to}::int AND status = 'FAILED') f
    WHERE p.id = f.id`;
}

async function cancelPosts(tx: Transaction, batchId: string, { from, to }: Window): Promise<void> {
  await tx.$executeRaw`
    UPDATE posts SET status = 'CANCELLED', "leaseId" = NULL, "finishedAt" = now()
    WHERE "batchId" = ${batchId}::uuid AND position BETWEEN ${from}::int AND ${to}::int AND status = 'PENDING'`;
}

/**
 * Takes the posts that wait out of the queue, all at once: workers do not fetch thousands of jobs to find that there is
 * nothing to do. Locks the owner's turns first, as those who deal them lock posts before jobs.
 */
export async function removeWaitingJobs(
  jobs: Jobs,
  tx: Transaction,
  { id, ownerId }: Pick<Batch, 'id' | 'ownerId'>,
): Promise<void> {
  await lockTurns(tx, ownerId);
  await jobs.removeAll(tx, 'posts', waitingJobs(id));
}

/** A query of the jobs of a batch's posts that nobody works on. */
export function waitingJobs(batchId: string): Prisma.Sql {
  return Prisma.sql`SELECT "jobId" FROM posts WHERE "batchId" = ${batchId}::uuid AND status = 'PENDING'`;
}

/**
 * Ends what a cancellation does not leave to reconciliation: posts in flight, and posts that were to be made again, which
 * stay as they were.
 *
 * @returns how many stayed.
 */
export async function cancelInFlight(jobs: Jobs, tx: Transaction, batchId: string): Promise<number> {
  const ended = await tx.$queryRaw<{ id: string; jobId: string; isKept: boolean }[]>`
    UPDATE posts
    SET status = CASE WHEN "remakePart" IS NULL THEN 'CANCELLED'::"PostStatus" ELSE 'COMPLETED' END,
        "remakePart" = NULL, "remakeInstruction" = NULL, "leaseId" = NULL, "finishedAt" = now()
    WHERE "batchId" = ${batchId}::uuid AND (status = 'GENERATING' OR (status = 'PENDING' AND "remakePart" IS NOT NULL))
    RETURNING id, "jobId", status = 'COMPLETED' AS "isKept"`;
  await tx.$executeRaw(closeCalls(Prisma.sql`(${ended.map(({ id }) => id)}::uuid[])`));
  await jobs.remove(tx, 'posts', jobIds(ended));
  return ended.filter(({ isKept }) => isKept).length;
}

function jobIds(posts: readonly { jobId: string }[]): string[] {
  return posts.map(({ jobId }) => jobId);
}
