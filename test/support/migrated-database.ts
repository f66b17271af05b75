import { inject } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { createJobs } from '../../src/store/jobs/jobs.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createDatabase, withPostgres } from './services/postgres-client.ts';

const template = 'pressrun_template';

/**
 * Creates a database of the newest schema, without rows, on the server of `serverUrl` and returns its url. The first
 * call migrates a template; the others copy it, which takes a fraction of the time.
 */
export async function createMigratedDatabase(serverUrl: string): Promise<string> {
  await withPostgres(serverUrl, async (client) => {
    // Held by the connection, so that several workers make it once.
    await client.query('SELECT pg_advisory_lock(1)');
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [template]);
    if (rowCount !== 0) return;
    const made = await createDatabase(serverUrl);
    await migrate(made);
    // It gets its name when it is whole.
    await client.query(`ALTER DATABASE ${new URL(made).pathname.slice(1)} RENAME TO ${template}`);
  });
  return createDatabase(serverUrl, template);
}

/** The url of a new database where the suite runs on PostgreSQL; undefined where it runs embedded. */
export async function databaseOfSuite(): Promise<string | undefined> {
  return inject('backend') === 'embedded' ? undefined : createMigratedDatabase(inject('postgresUrl'));
}

async function migrate(databaseUrl: string): Promise<void> {
  const logger = createLogger('silent');
  await using opened = new AsyncDisposableStack();
  const database = await openDatabase({ databaseUrl, dataDir: '' }, logger);
  opened.defer(() => database.close());
  const jobs = createJobs(database.bossOptions, logger);
  opened.defer(() => jobs.stop());
  await jobs.start();
}
