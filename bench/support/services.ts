import { startPostgres } from '../../test/support/services/postgres.ts';
import { withPostgres } from '../../test/support/services/postgres-client.ts';
import { startRedis } from '../../test/support/services/redis.ts';

/**
 * Starts a private Postgres and a private Redis, which end with the benchmark. Prints whether commits wait for the disk: figures of
 * one that does not wait are no figures of a server that does.
 */
export async function startServices() {
  const opened = new AsyncDisposableStack();
  const postgres = opened.use(await startPostgres());
  const redis = opened.use(await startRedis());
  const { rows } = await withPostgres(postgres.url, (client) =>
    client.query(`SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync`),
  );
  for (const { version, fsync } of rows) {
    const meaning = fsync === 'on' ? 'commits wait for the disk' : 'commits do not wait for the disk';
    process.stdout.write(`PostgreSQL ${version}, fsync=${fsync}: ${meaning}\n`);
  }
  return {
    /** Where a fresh database and the emptied Redis are, as settings. */
    async fresh(): Promise<{ DATABASE_URL: string; REDIS_URL: string }> {
      await redis.flush();
      return { DATABASE_URL: await postgres.createDatabase(), REDIS_URL: redis.url };
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

export type Services = Awaited<ReturnType<typeof startServices>>;
