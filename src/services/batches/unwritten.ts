import { OrderLimitError } from '../../domain/errors/errors.ts';
import type { Transaction } from '../../store/database.ts';
import { ownedRows, type Owner } from '../../store/ownership.ts';
import { lockQueuePositions } from '../runs/positions.ts';
import { maxPostsPerBatch } from './order.ts';

/** How many ordered posts of a workspace may wait for their rows: ten of the largest orders. */
const maxUnwrittenPosts = 10 * maxPostsPerBatch;

/**
 * Limits the rows that large orders have still to write. The lock makes concurrent orders of a workspace wait for each other.
 *
 * @throws OrderLimitError if too many posts of earlier orders are not written yet.
 */
export async function checkUnwritten(tx: Transaction, owner: Owner, postCount: number): Promise<void> {
  await lockQueuePositions(tx, owner.workspaceId);
  const [earlier] = await tx.$queryRaw<{ unwritten: number }[]>`
    SELECT coalesce(sum(b."postCount" - coalesce((
      SELECT position FROM posts p WHERE p."batchId" = b.id ORDER BY position DESC LIMIT 1), 0)), 0)::int AS unwritten
    FROM batches b WHERE ${ownedRows(owner, 'b')} AND b."reconcileFrom" IS NOT NULL`;
  if ((earlier?.unwritten ?? 0) + postCount > maxUnwrittenPosts) throw new OrderLimitError(maxUnwrittenPosts);
}
