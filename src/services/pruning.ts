import type { Database } from '../store/database.ts';

/** An idempotency key holds for 24 hours; one more, so that none is deleted while it is being looked at. */
const keyHours = 25;

/** Deletes what has no effect any more: sessions past their end with their refresh tokens, old idempotency keys. */
export async function prune({ prisma }: Pick<Database, 'prisma'>): Promise<void> {
  await prisma.session.deleteMany({ where: { expiresAt: { lt: new Date() } } });
  await prisma.idempotencyKey.deleteMany({
    where: { createdAt: { lt: new Date(Date.now() - keyHours * 3_600_000) } },
  });
}
