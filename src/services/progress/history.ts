import { NotFoundError } from '../../domain/errors/errors.ts';
import type { Viewer } from '../../domain/viewer.ts';
import { toEntry } from '../../events/entries.ts';
import type { Database } from '../../store/database.ts';
import type { Event } from '../../store/generated/prisma/client.ts';
import { pageSize, type Page } from '../../store/lists/paging.ts';
import { ownedBy } from '../../store/ownership.ts';
import { storedUpdate, type StoredUpdate } from './batch-streams.ts';

export type HistoryPage = { first: number; after: number };

/**
 * Reads a page of a batch's stored events, oldest first, without those of deleted posts. Its cursors are those of the batch's
 * subscription.
 *
 * @param page.after the newest cursor that the reader has; 0 for none.
 * @throws NotFoundError if the workspace has no such batch; InvalidInputError for a size outside 1–100.
 */
export async function readHistory(
  { prisma }: Pick<Database, 'prisma'>,
  viewer: Viewer,
  batchId: string,
  { first, after }: HistoryPage,
): Promise<Page<StoredUpdate>> {
  const size = pageSize('first', first);
  const where = { id: batchId, ...ownedBy(viewer), deletedAt: null };
  if ((await prisma.batch.count({ where })) === 0) throw new NotFoundError('batch', 'batchId');
  const found = await prisma.$queryRaw<Event[]>`
    SELECT e.*, e."batchId" AS "streamId" FROM events e
    WHERE e."batchId" = ${batchId}::uuid AND e.seq > ${after}
      AND (e.payload->>'postId' IS NULL OR EXISTS (SELECT 1 FROM posts p WHERE p.id = (e.payload->>'postId')::uuid))
    ORDER BY e.seq LIMIT ${size + 1}`;
  const edges = found.slice(0, size).flatMap((row) => {
    const node = storedUpdate({ seq: row.seq, entry: toEntry(row) });
    return node === undefined ? [] : [{ cursor: String(row.seq), node }];
  });
  return { edges, hasNextPage: found.length > size, hasPreviousPage: after > 0 };
}
