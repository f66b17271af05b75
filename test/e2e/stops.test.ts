import { describe, expect, it } from 'vitest';
import { createCampaign, signUp, startBatch } from '../support/app.ts';
import { createHome } from '../support/e2e/home.ts';
import { launchPressrun, startPressrun } from '../support/e2e/pressrun.ts';
import { withPostgres } from '../support/services/postgres-client.ts';
import { startPostgres } from '../support/services/postgres.ts';
import { waitUntil } from '../support/services/wait-until.ts';

describe('SIGTERM', () => {
  it('that comes twice within a moment, as from a supervisor that signals the group too, stops cleanly', async () => {
    await using home = await createHome();
    const app = await startPressrun(home, { SIMULATOR_TIME_SCALE: '0.1', POST_SLOTS: '3' });
    const account = await signUp(app);
    await startBatch(account, { campaignId: await createCampaign(account), postCount: 3 });
    await waitUntil('posts to be in hand', () => app.log().some(({ msg }) => msg.includes('post')));
    process.kill(app.pid, 'SIGTERM');
    await waitUntil('it to be stopping', () => app.log().some(({ msg }) => msg.startsWith('stopping')));
    expect(await app.end('SIGTERM')).toMatchObject({ code: 0, signal: null });
    expect(app.log().at(-1)).toMatchObject({ msg: 'stopped' });
  });

  it('in the middle of a start drops no post: none was taken yet', async () => {
    await using postgres = await startPostgres();
    await using home = await createHome();
    const url = await postgres.createDatabase();
    const settings = { DATABASE_URL: url, JWT_SECRET: 'a secret that both processes share', POST_SLOTS: '3' };
    const api = await startPressrun(home, { ...settings, ROLE: 'api' });
    const account = await signUp(api);
    await startBatch(account, { campaignId: await createCampaign(account), postCount: 3 });
    await withPostgres(url, async (client) => {
      // The last that a worker writes before it is ready.
      await client.query('BEGIN; LOCK TABLE pgboss.schedule IN SHARE MODE');
      const worker = await launchPressrun(home, { ...settings, ROLE: 'worker' });
      const count = async (sql: string) => (await client.query<{ n: number }>(sql)).rows[0]?.n;
      await waitUntil(
        'the worker to be in the middle of its start',
        async () =>
          (await count(
            `SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted AND relation = 'pgboss.schedule'::regclass`,
          )) === 1,
      );
      expect(await worker.end('SIGTERM')).toMatchObject({ code: 0 });
      expect(
        await count(
          `SELECT count(*)::int AS n FROM pgboss.job WHERE name = 'write-post' AND state = 'active'`,
        ),
      ).toBe(0);
      await client.query('COMMIT');
    });
  });
});
