import { expect, inject, it, onTestFinished } from 'vitest';
import { openDatabase } from '../../../src/store/database.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createDatabase, withPostgres } from '../../support/services/postgres-client.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

/** A database, its probe's newest answer, and how to set one of its settings for connections to come. */
async function openProbed() {
  const url = await createDatabase(inject('postgresUrl'));
  const database = await openDatabase({ databaseUrl: url, dataDir: '/nowhere' }, createLogger('silent'));
  onTestFinished(() => database.close());
  const name = new URL(url).pathname.slice(1);
  return {
    isReady: () =>
      database.probe().then(
        () => true,
        () => false,
      ),
    set: (setting: string) =>
      withPostgres(inject('postgresUrl'), async (client) => {
        await client.query(`ALTER DATABASE ${name} ${setting}`);
        await client.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}' AND pid <> pg_backend_pid()`,
        );
      }),
  };
}

it.each([
  ['is read-only', 'SET default_transaction_read_only = on', 'RESET default_transaction_read_only'],
  ['has no room for a file', 'SET temp_file_limit = 0', 'RESET temp_file_limit'],
])('a database that %s is not ready, and is again when that is over', async (_, spoil, mend) => {
  const { isReady, set } = await openProbed();
  expect(await isReady()).toBe(true);
  await set(spoil);
  await waitUntil('readiness to say no', async () => !(await isReady()));
  // Not only while connections were being replaced.
  for (let times = 0; times < 2; times += 1) {
    await expect.poll(isReady, { interval: 1_100 }).toBe(false);
  }
  await set(mend);
  await waitUntil('readiness to say yes', isReady);
});
