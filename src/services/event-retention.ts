import type { Database } from '../store/database.ts';

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
  for (;;) {
    const deleted = await prisma.$executeRaw`
      WITH oldest AS (
        SELECT "ownerId" FROM events WHERE "createdAt" < ${cutoff} ORDER BY "createdAt" LIMIT 1
      ), chunk AS (
        SELECT e."ownerId", e."userSeq", e."createdAt" FROM events e JOIN oldest USING ("ownerId")
        ORDER BY e."userSeq" LIMIT ${chunkSize}
      )
      DELETE FROM events e USING chunk c
      WHERE e."ownerId" = c."ownerId" AND e."userSeq" = c."userSeq"
        AND c."userSeq" < coalesce((SELECT min("userSeq") FROM chunk WHERE "createdAt" >= ${cutoff}), 2147483647)`;
    total += deleted;
    if (deleted === 0) return total;
  }
}
