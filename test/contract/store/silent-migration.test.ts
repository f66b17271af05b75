import { expect, inject, it } from 'vitest';
import { openDatabase } from '../../../src/store/database.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createDatabase, withPostgres } from '../../support/services/postgres-client.ts';
import { startStallingProxy } from '../../support/services/stalling-proxy.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

it('a start whose connection goes silent while it waits to migrate ends by itself', async () => {
  const url = await createDatabase(inject('postgresUrl'));
  await using proxy = await startStallingProxy(Number(new URL(url).port));
  await withPostgres(url, async (client) => {
    // What every version takes while it migrates.
    await client.query('SELECT pg_advisory_lock(72707369)');
    const start = openDatabase(
      { databaseUrl: proxy.through(url), dataDir: '/nowhere' },
      createLogger('silent'),
    ).catch(String);
    await waitUntil('it to wait', async () => {
      const { rowCount } = await client.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'pressrun-migrations'
           AND query LIKE '%pg_try_advisory_lock%'`,
      );
      return rowCount === 1;
    });
    proxy.stall();
    expect(await start).toContain('timeout');
  });
});
