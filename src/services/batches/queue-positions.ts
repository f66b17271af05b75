import type { Transaction } from '../../store/database.ts';
import { firstQueuePosition } from '../../domain/batches/fair-share.ts';

/**
 * Takes positions in the fair queue for a workspace's next posts. The lock keeps two transactions from taking the same ones.
 *
 * @returns the position of the first post; each further post takes the next one.
 */
export async function takeQueuePositions(tx: Transaction, workspaceId: string): Promise<number> {
  await lockQueuePositions(tx, workspaceId);
  const [queue] = await tx.$queryRaw<{ serving: number | null; ownLast: number | null }[]>`
    SELECT coalesce((SELECT max(turn) FROM posts WHERE status = 'GENERATING'),
                    (SELECT min(turn) FROM posts WHERE status = 'PENDING')) AS "serving",
           (SELECT max(turn) FROM posts WHERE "ownerId" = ${workspaceId}::uuid AND status = 'PENDING') AS "ownLast"`;
  return firstQueuePosition({ serving: queue?.serving ?? undefined, ownLast: queue?.ownLast ?? undefined });
}

/** Locks a workspace's queue positions until the transaction ends. Comes after the locks of batches and before those of posts. */
export async function lockQueuePositions(tx: Transaction, workspaceId: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${workspaceId}, 0))`;
}
