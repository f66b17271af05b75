import type { Database } from '../../store/database.ts';
import { pruneEvents } from './event-retention.ts';

/** An idempotency key is valid for 24 hours. One hour more, so that none is deleted while it is being read. */
const keyHours = 25;

/** How long the drafts of a finished batch are kept: its posts may be made again, and are compared with them. */
const draftDays = 7;
/** How many drafts one statement deletes. Keeps its locks short. */
const draftsAtOnce = 5_000;

/**
 * Deletes rows that have no effect any more: expired sessions with their refresh tokens, old idempotency keys, drafts of
 * batches that finished long ago, and events older than `eventRetentionDays`.
 */
export async function prune({ prisma }: Pick<Database, 'prisma'>, eventRetentionDays: number): Promise<void> {
  await pruneEvents({ prisma }, eventRetentionDays);
  await prisma.session.deleteMany({ where: { expiresAt: { lt: new Date() } } });
  await prisma.idempotencyKey.deleteMany({
    where: { createdAt: { lt: new Date(Date.now() - keyHours * 3_600_000) } },
  });
  await pruneDrafts({ prisma });
}

async function pruneDrafts({ prisma }: Pick<Database, 'prisma'>): Promise<void> {
  const cutoff = new Date(Date.now() - draftDays * 24 * 3_600_000);
  let deleted = draftsAtOnce;
  while (deleted === draftsAtOnce) {
    deleted = await prisma.$executeRaw`
      DELETE FROM caption_drafts WHERE "postId" IN (
        SELECT d."postId" FROM caption_drafts d JOIN batches b ON b.id = d."batchId"
        WHERE b."finishedAt" < ${cutoff} LIMIT ${draftsAtOnce})`;
  }
}
