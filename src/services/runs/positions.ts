import type { Transaction } from '../../store/database.ts';
import { firstQueuePosition } from '../../domain/runs/fair-share.ts';

/**
 * Takes positions in the fair queue for a workspace's next runs. The lock keeps two transactions from taking the same ones. Each
 * queue goes on where it is itself, because others may be far ahead; an empty one begins where the others are.
 *
 * @param queue the kind, and whether the runs are its short ones.
 * @returns the position of the first run; each further run takes the next one.
 */
export async function takeQueuePositions(
  tx: Transaction,
  workspaceId: string,
  { kind, isShort }: { kind: string; isShort: boolean },
): Promise<number> {
  await lockQueuePositions(tx, workspaceId);
  const [queue] = await tx.$queryRaw<{ serving: number | null; ownLast: number | null }[]>`
    WITH same AS NOT MATERIALIZED (
      SELECT "ownerId", state, "queuePosition" FROM runs WHERE kind = ${kind} AND "isShort" = ${isShort}
    )
    SELECT coalesce((SELECT max("queuePosition") FROM same WHERE state = 'RUNNING'),
                    (SELECT min("queuePosition") FROM same WHERE state = 'WAITING'),
                    (SELECT max("queuePosition") FROM runs WHERE state = 'RUNNING'),
                    (SELECT min("queuePosition") FROM runs WHERE state = 'WAITING')) AS serving,
           (SELECT max("queuePosition") FROM same WHERE "ownerId" = ${workspaceId}::uuid AND state = 'WAITING') AS "ownLast"`;
  return firstQueuePosition({ serving: queue?.serving ?? undefined, ownLast: queue?.ownLast ?? undefined });
}

/** Locks a workspace's queue positions until the transaction ends. Comes after the locks of batches and before those of runs. */
export async function lockQueuePositions(tx: Transaction, workspaceId: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${workspaceId}, 0))`;
}
