import type { Database } from '../../store/database.ts';

/** How many events one statement deletes: a lock that nobody notices. */
const chunkSize = 5_000;

/**
 * Deletes events that are older than the retention. Of each account's stream only the oldest end goes, so that
 * what is kept of it, and of each batch, has no hole.
 *
 * @param days how long events are kept.
 * @returns how many were deleted.
 */
export async function pruneEvents({ prisma }: Pick<Database, 'prisma'>, days: number): Promise<number> {
  const cutoff = new Date(Date.now() - days * 24 * 3_600_000);
  let total = 0;
  /** Accounts whose oldest event is young enough to be kept, by a clock that went wrong: nothing of theirs goes. */
  const kept: string[] = [];
  for (;;) {
    const [oldest] = await prisma.$queryRaw<{ ownerId: string }[]>`
      SELECT "ownerId" FROM events WHERE "createdAt" < ${cutoff} AND "ownerId" <> ALL(${kept}::uuid[])
      ORDER BY "createdAt" LIMIT 1`;
    if (oldest === undefined) return total;
    const deleted = await prisma.$executeRaw`
      WITH chunk AS (
        SELECT "userSeq", "createdAt" FROM events WHERE "ownerId" = ${oldest.ownerId}::uuid
        ORDER BY "userSeq" LIMIT ${chunkSize}
      )
      DELETE FROM events e USING chunk c
      WHERE e."ownerId" = ${oldest.ownerId}::uuid AND e."userSeq" = c."userSeq"
        AND c."userSeq" < coalesce((SELECT min("userSeq") FROM chunk WHERE "createdAt" >= ${cutoff}), 2147483647)`;
    total += deleted;
    if (deleted === 0) kept.push(oldest.ownerId);
  }
}
