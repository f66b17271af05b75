import type { Transaction } from '../../store/database.ts';
import { firstQueuePosition } from '../../domain/runs/fair-share.ts';

/**
 * Takes positions in the fair queue for a workspace's next runs. The lock keeps two transactions from taking the same ones.
 *
 * @param options.isShort short runs queue behind the workspace's other short ones alone.
 * @returns the position of the first run; each further run takes the next one.
 */
export async function takeQueuePositions(
  tx: Transaction,
  workspaceId: string,
  { isShort }: { isShort: boolean },
): Promise<number> {
  await lockQueuePositions(tx, workspaceId);
  const [queue] = await tx.$queryRaw<{ serving: number | null; ownLast: number | null }[]>`
    SELECT coalesce((SELECT max("queuePosition") FROM runs WHERE state = 'RUNNING'),
                    (SELECT min("queuePosition") FROM runs WHERE state = 'WAITING')) AS serving,
           (SELECT max("queuePosition") FROM runs
            WHERE "ownerId" = ${workspaceId}::uuid AND state = 'WAITING' AND "isShort" = ${isShort}) AS "ownLast"`;
  return firstQueuePosition({ serving: queue?.serving ?? undefined, ownLast: queue?.ownLast ?? undefined });
}

/** Locks a workspace's queue positions until the transaction ends. Comes after the locks of batches and before those of runs. */
export async function lockQueuePositions(tx: Transaction, workspaceId: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${workspaceId}, 0))`;
}
