import { z } from 'zod';
import { NotFoundError } from '../../domain/errors/errors.ts';
import type { Viewer } from '../../domain/viewer.ts';
import { parseInput } from '../../domain/validation.ts';
import { toEntry } from '../../events/log.ts';
import type { Item } from '../../events/tail.ts';
import type { Database } from '../../store/database.ts';
import type { Event } from '../../store/generated/prisma/client.ts';
import { defaultPageSize, maxPageSize, type Page } from '../../store/lists/paging.ts';
import { ownedBy } from '../../store/ownership.ts';

export type StoredUpdate = Extract<Item, { kind: 'event' }>;

const argsSchema = z.object({
  first: z
    .int()
    .min(1, `must be from 1 to ${maxPageSize}`)
    .max(maxPageSize, `must be from 1 to ${maxPageSize}`)
    .nullish(),
  after: z
    .string()
    .regex(/^\d{1,9}$/, 'must be a cursor of this list, or of a subscription to the batch')
    .nullish(),
});

export type HistoryArgs = z.input<typeof argsSchema>;

/**
 * Reads a page of a batch's stored events, oldest first, without those of deleted posts. Its cursors are those of the batch's
 * subscription.
 *
 * @throws NotFoundError if the workspace has no such batch; InvalidInputError for a size or cursor that is none.
 */
export async function readHistory(
  { prisma }: Pick<Database, 'prisma'>,
  viewer: Viewer,
  batchId: string,
  args: HistoryArgs,
): Promise<Page<StoredUpdate>> {
  const { first, after } = parseInput(argsSchema, args, '');
  const where = { id: batchId, ...ownedBy(viewer), deletedAt: null };
  if ((await prisma.batch.count({ where })) === 0) throw new NotFoundError('batch', 'batchId');
  const size = first ?? defaultPageSize;
  const found = await prisma.$queryRaw<Event[]>`
    SELECT e.* FROM events e
    WHERE e."batchId" = ${batchId}::uuid AND e.seq > ${Number(after ?? 0)}
      AND (e.payload->>'postId' IS NULL OR EXISTS (SELECT 1 FROM posts p WHERE p.id = (e.payload->>'postId')::uuid))
    ORDER BY e.seq LIMIT ${size + 1}`;
  const edges = found.slice(0, size).map((row) => ({
    cursor: String(row.seq),
    node: { kind: 'event', seq: row.seq, entry: toEntry(row) } as const,
  }));
  return { edges, hasNextPage: found.length > size, hasPreviousPage: after != null };
}
