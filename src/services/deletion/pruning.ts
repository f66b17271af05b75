import type { Database } from '../../store/database.ts';
import { pruneEvents } from './event-retention.ts';

/** An idempotency key is valid for 24 hours. One hour more, so that none is deleted while it is being read. */
const keyHours = 25;

/**
 * Deletes rows that have no effect any more: expired sessions with their refresh tokens, old idempotency keys, and events
 * older than `eventRetentionDays`.
 */
export async function prune({ prisma }: Pick<Database, 'prisma'>, eventRetentionDays: number): Promise<void> {
  await pruneEvents({ prisma }, eventRetentionDays);
  await prisma.session.deleteMany({ where: { expiresAt: { lt: new Date() } } });
  await prisma.idempotencyKey.deleteMany({
    where: { createdAt: { lt: new Date(Date.now() - keyHours * 3_600_000) } },
  });
}
