import type { Database } from '../store/database.ts';
import type { Sessions } from './sessions.ts';

/** How long an idempotency key holds. */
const keyHours = 24;

/** Deletes what has no effect any more: sessions past their end with their refresh tokens, old idempotency keys. */
export async function prune(
  database: Database,
  sessions: Pick<Sessions, 'prune'>,
): Promise<{ sessions: number; idempotencyKeys: number }> {
  const { count } = await database.prisma.idempotencyKey.deleteMany({
    where: { createdAt: { lt: new Date(Date.now() - keyHours * 3_600_000) } },
  });
  return { sessions: await sessions.prune(), idempotencyKeys: count };
}
