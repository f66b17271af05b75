import type { Database, Transaction } from '../store/database.ts';
import { firstTurn } from '../domain/fair-share.ts';
import type { Jobs } from '../store/jobs.ts';
import { inParts } from './parts.ts';
import { reorderPosts, type QueuedPost } from './post-queue.ts';

/**
 * Takes turns in the fair queue for an owner's next posts; they follow one another from the returned one on. No turn is
 * taken twice, as the owner's turns are locked.
 */
export async function takeTurns(tx: Transaction, ownerId: string): Promise<number> {
  await lockTurns(tx, ownerId);
  const [queue] = await tx.$queryRaw<{ serving: number | null; ownLast: number | null }[]>`
    SELECT coalesce((SELECT max(turn) FROM posts WHERE status = 'GENERATING'),
                    (SELECT min(turn) FROM posts WHERE status = 'PENDING')) AS "serving",
           (SELECT max(turn) FROM posts WHERE "ownerId" = ${ownerId}::uuid AND status = 'PENDING') AS "ownLast"`;
  return firstTurn({ serving: queue?.serving ?? undefined, ownLast: queue?.ownLast ?? undefined });
}

/** The owner's other transactions that need it wait for the end of this one. Locked after batches and before posts. */
export async function lockTurns(tx: Transaction, ownerId: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${ownerId}, 0))`;
}

/** How many posts one transaction moves: a lock that nobody notices. */
const movedAtOnce = 200;

/**
 * Gives the turns that an owner's waiting posts hold to the same posts in another order: by priority of their batch,
 * then by age. Other owners are not affected, as the set of turns stays the same. The lowest turns are dealt first,
 * in parts. A post that is being claimed keeps its turn, and is not waited for.
 */
export async function dealTurns(
  { database, jobs }: { database: Database; jobs: Jobs },
  ownerId: string,
): Promise<void> {
  const batches = await database.prisma.batch.findMany({
    where: { ownerId, finishedAt: null },
    orderBy: [{ priority: 'desc' }, { createdAt: 'asc' }, { id: 'asc' }],
    select: { id: true, postCount: true },
  });
  /** The last turn that was dealt. */
  let after = -1;
  for (const { id, postCount } of batches) {
    let from = 1;
    await inParts(async () => {
      after = await database.transaction(async (tx) => {
        await lockTurns(tx, ownerId);
        const { moved, last } = await dealNext(tx, { ownerId, batchId: id, from, after });
        if (moved.length > 0) await reorderPosts(jobs, tx, moved);
        return last;
      });
      from += movedAtOnce;
      return from <= postCount;
    });
  }
}

/**
 * Gives the lowest turns above `after` to the waiting posts of the next positions of a batch; who held these turns
 * gets theirs.
 *
 * @returns the posts of running batches whose turn has changed, and the last turn that was dealt.
 */
async function dealNext(
  tx: Transaction,
  { ownerId, batchId, from, after }: { ownerId: string; batchId: string; from: number; after: number },
): Promise<{ moved: QueuedPost[]; last: number }> {
  const rows = await tx.$queryRaw<(QueuedPost & { last: number; isRunning: boolean })[]>`
    WITH heirs AS MATERIALIZED (
      SELECT id, turn, "batchId", position, true AS "isHeir" FROM posts
      WHERE "batchId" = ${batchId}::uuid AND position BETWEEN ${from}::int AND ${from + movedAtOnce - 1}::int
        AND status = 'PENDING' AND turn > ${after}::int
      ORDER BY position FOR UPDATE SKIP LOCKED
    ), holders AS MATERIALIZED (
      SELECT id, turn, "batchId", position, false AS "isHeir" FROM posts
      WHERE "ownerId" = ${ownerId}::uuid AND status = 'PENDING' AND turn > ${after}::int
      ORDER BY turn, id LIMIT (SELECT count(*) FROM heirs) FOR UPDATE SKIP LOCKED
    ), free AS (
      SELECT * FROM heirs UNION ALL SELECT * FROM holders WHERE id NOT IN (SELECT id FROM heirs)
    ), waiting AS (
      SELECT free.id, free.turn, b.status,
             row_number() OVER (ORDER BY free.turn, free.id) AS place,
             row_number() OVER (ORDER BY "isHeir" DESC, b.priority DESC, b."createdAt", b.id, position) AS rank
      FROM free JOIN batches b ON b.id = free."batchId"
    ), dealt AS (
      UPDATE posts p SET turn = t.turn
      FROM waiting w JOIN waiting t ON t.place = w.rank
      WHERE p.id = w.id AND p.turn <> t.turn
      RETURNING p.id, p."jobId", p."ownerId", p.turn, w.status
    )
    SELECT bound.last, coalesce(d.status = 'RUNNING', false) AS "isRunning", d.id, d."jobId", d."ownerId", d.turn
    FROM (SELECT coalesce(max(turn), ${after}::int) AS last FROM waiting WHERE place <= (SELECT count(*) FROM heirs)) bound
    LEFT JOIN dealt d ON true`;
  return { moved: rows.filter(({ isRunning }) => isRunning), last: rows[0]?.last ?? after };
}
