import { expect, inject, it } from 'vitest';
import { signUp, startTestApp } from '../support/app.ts';
import { withPostgres } from '../support/services/postgres-client.ts';
import { createMigratedDatabase } from '../support/migrated-database.ts';
import { waitUntil } from '../support/services/wait-until.ts';

it('what has no effect any more is deleted every hour, by one instance for all', async () => {
  const DATABASE_URL = await createMigratedDatabase(inject('postgresUrl'));
  await using app = await startTestApp({ DATABASE_URL });
  await app.startAnother();
  await signUp(app);
  await signUp(app);
  await withPostgres(DATABASE_URL, async (client) => {
    const { rows } = await client.query('SELECT name, cron FROM pgboss.schedule');
    expect(rows).toEqual([{ name: 'pruning', cron: '17 * * * *' }]);
    await client.query(
      `UPDATE sessions SET "expiresAt" = now() - interval '1 second' WHERE id = (SELECT min(id::text)::uuid FROM sessions)`,
    );
    // What the schedule adds at its hour.
    await client.query(`INSERT INTO pgboss.job (name) VALUES ('pruning')`);
    await waitUntil('the session that is over to be gone', async () => {
      const { rows: left } = await client.query('SELECT count(*)::int AS sessions FROM sessions');
      return left[0].sessions === 1;
    });
  });
});
