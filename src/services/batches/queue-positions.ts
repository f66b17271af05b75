import type { Database, Transaction } from '../../store/database.ts';
import { firstTurn } from '../../domain/batches/fair-share.ts';
import type { Batch } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import { reorderPosts, type QueuedPost } from '../posts/queue.ts';

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

export type TurnDealing = {
  /**
   * Deals the next turns of an owner who has asked for it: the turns that the owner's waiting posts hold are given to the same
   * posts in another order, by priority of their batch, then by age. The lowest turns are dealt first. Other owners are not
   * affected, as the set of turns stays the same. A post that is being claimed keeps its turn, and is not waited for.
   *
   * @returns whether there was something to do.
   */
  next(): Promise<boolean>;
};

/** How far an owner's turns are dealt. Kept in memory: a process that is started anew deals them from the first one. */
type Progress = {
  /** Batches in the order in which they get their turns. */
  batches: readonly Ordered[];
  /** Which of them is next, and from which position on. */
  place: number;
  from: number;
  /** The last turn that was dealt. */
  after: number;
};

type Ordered = Pick<Batch, 'id' | 'postCount' | 'priority' | 'reconcileFrom'>;

export function createTurnDealing({ database, jobs }: { database: Database; jobs: Jobs }): TurnDealing {
  const byOwner = new Map<string, Progress>();

  /** @returns how far it is with an owner whose priorities are still as they were at its begin; a new begin otherwise. */
  async function progressOf(ownerId: string): Promise<Progress> {
    const batches = await database.prisma.batch.findMany({
      where: { ownerId, finishedAt: null },
      orderBy: [{ priority: 'desc' }, { createdAt: 'asc' }, { id: 'asc' }],
      select: { id: true, postCount: true, priority: true, reconcileFrom: true },
    });
    const known = byOwner.get(ownerId);
    const priorities = new Map(batches.map(({ id, priority }) => [id, priority]));
    const isCurrent = known?.batches.every(
      ({ id, priority }) => (priorities.get(id) ?? priority) === priority,
    );
    return known !== undefined && isCurrent === true ? known : { batches, place: 0, from: 1, after: -1 };
  }

  return {
    async next() {
      const [due] = await database.prisma.$queryRaw<{ ownerId: string }[]>`
        SELECT "ownerId" FROM batches WHERE "reconcileFrom" IS NOT NULL AND "reconcileFrom" > "postCount" ORDER BY random() LIMIT 1`;
      if (due === undefined) {
        byOwner.clear();
        return false;
      }
      const { ownerId } = due;
      const { batches, place, from, after } = await progressOf(ownerId);
      const batch = batches[place];
      if (batch === undefined) {
        byOwner.delete(ownerId);
        await endDealing(database, ownerId, batches);
        return true;
      }
      const last = await database.transaction(async (tx) => {
        await lockTurns(tx, ownerId);
        const dealt = await dealNext(tx, { ownerId, batchId: batch.id, from, after });
        if (dealt.moved.length > 0) await reorderPosts(jobs, tx, dealt.moved);
        return dealt.last;
      });
      const isThrough = from + movedAtOnce > batch.postCount;
      byOwner.set(ownerId, {
        batches,
        after: last,
        ...(isThrough ? { place: place + 1, from: 1 } : { place, from: from + movedAtOnce }),
      });
      return true;
    },
  };
}

/** Nothing is left to be done for batches that asked for it before its begin, by the priority that they have; nor for final ones. */
async function endDealing(database: Database, ownerId: string, batches: readonly Ordered[]): Promise<void> {
  const asked = batches.filter(({ reconcileFrom, postCount }) => (reconcileFrom ?? 0) > postCount);
  await database.prisma.$executeRaw`
    UPDATE batches b SET "reconcileFrom" = NULL
    WHERE b."ownerId" = ${ownerId}::uuid AND b."reconcileFrom" > b."postCount"
      AND (b."finishedAt" IS NOT NULL OR EXISTS (
        SELECT 1 FROM jsonb_to_recordset(${JSON.stringify(asked)}::jsonb) AS a(id uuid, priority text, "reconcileFrom" int)
        WHERE a.id = b.id AND a.priority = b.priority::text AND a."reconcileFrom" = b."reconcileFrom"))`;
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
