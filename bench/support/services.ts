import { startPostgres } from '../../test/support/services/postgres.ts';
import { startRedis } from '../../test/support/services/redis.ts';

/** A private Postgres and a private Redis, which end with the benchmark. */
export async function startServices() {
  const opened = new AsyncDisposableStack();
  const postgres = opened.use(await startPostgres());
  const redis = opened.use(await startRedis());
  return {
    /** Where a fresh database and the emptied Redis are, as settings. */
    async fresh(): Promise<{ DATABASE_URL: string; REDIS_URL: string }> {
      await redis.flush();
      return { DATABASE_URL: await postgres.createDatabase(), REDIS_URL: redis.url };
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
