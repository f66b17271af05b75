import type { Database } from '../../store/database.ts';

/** How many events one statement deletes. Keeps its locks short. */
const chunkSize = 5_000;

/**
 * Deletes events that are older than the retention. Deletes from each workspace's stream only at its oldest end, so that
 * streams never have a gap.
 *
 * @param days how long events are kept.
 * @returns how many were deleted.
 */
export async function pruneEvents({ prisma }: Pick<Database, 'prisma'>, days: number): Promise<number> {
  const cutoff = new Date(Date.now() - days * 24 * 3_600_000);
  let total = 0;
  /** Workspaces whose stream begins with a young event because a clock was wrong: nothing of theirs is deleted. */
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
