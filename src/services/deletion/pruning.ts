import type { Database } from '../../store/database.ts';
import { pruneEvents } from './event-retention.ts';

/** An idempotency key holds for 24 hours; one more, so that none is deleted while it is being looked at. */
const keyHours = 25;

/**
 * Deletes what has no effect any more: sessions past their end with their refresh tokens, old idempotency keys,
 * and events that are older than their retention.
 */
export async function prune({ prisma }: Pick<Database, 'prisma'>, eventRetentionDays: number): Promise<void> {
  await pruneEvents({ prisma }, eventRetentionDays);
  await prisma.session.deleteMany({ where: { expiresAt: { lt: new Date() } } });
  await prisma.idempotencyKey.deleteMany({
    where: { createdAt: { lt: new Date(Date.now() - keyHours * 3_600_000) } },
  });
}
