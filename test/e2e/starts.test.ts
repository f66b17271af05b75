import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { migrationNames } from '../../src/store/migrations/migrations.ts';
import { createHome, type Home } from '../support/e2e/home.ts';
import { launchPressrun, startPressrun, type Launched } from '../support/e2e/pressrun.ts';
import { freePort } from '../support/services/free-port.ts';
import { withPostgres } from '../support/services/postgres-client.ts';
import { startPostgres } from '../support/services/postgres.ts';
import { waitUntil } from '../support/services/wait-until.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const isReady = (one: Launched) => one.log().some(({ msg }) => msg.startsWith('Pressrun is ready'));

/** Settings of a process that needs nothing but PostgreSQL. */
const onPostgres = (url: string) => ({
  DATABASE_URL: url,
  JWT_SECRET: 'a secret that all of these processes share',
  OPENAI_API_KEY: 'never called',
  OPENAI_BASE_URL: 'http://127.0.0.1:9',
});

describe('processes that start at once on a fresh database', () => {
  it.each([2, 5, 10])('all %i come up, and each migration is applied by one of them', async (count) => {
    await using postgres = await startPostgres();
    await using home = await createHome();
    const settings = onPostgres(await postgres.createDatabase());
    const processes = await Promise.all(
      Array.from({ length: count }, (_, index) =>
        launchPressrun(home, { ...settings, ROLE: index % 2 === 0 ? 'api' : 'worker' }),
      ),
    );
    await waitUntil('all to be ready', () => {
      const ending = processes.flatMap((one) => one.ending() ?? [])[0];
      if (ending !== undefined) throw new Error(`one ended: ${ending.stderr}`);
      return processes.every(isReady);
    });
    const applied = processes.flatMap((one) => one.log().flatMap(({ migrations }) => migrations ?? []));
    const names = await migrationNames();
    expect(applied).toHaveLength(names.length);
    expect(new Set(applied)).toEqual(new Set(names));
  });
});

describe('a start that waits for others', () => {
  it('ends at once on SIGTERM', async () => {
    await using postgres = await startPostgres();
    await using home = await createHome();
    const url = await postgres.createDatabase();
    await withPostgres(url, async (client) => {
      // What every version takes while it migrates.
      await client.query('SELECT pg_advisory_lock(72707369)');
      const waiting = await launchPressrun(home, onPostgres(url));
      await waitUntil('it to wait', async () => {
        const { rowCount } = await client.query(
          `SELECT 1 FROM pg_stat_activity WHERE application_name = 'pressrun-migrations' AND query LIKE '%pg_try_advisory_lock%'`,
        );
        return rowCount === 1;
      });
      expect(await waiting.end('SIGTERM')).toMatchObject({ code: 0, stderr: '' });
      expect(waiting.log().at(-1)).toMatchObject({ msg: 'stopped before it was ready' });
    });
  });
});

it('a worker that is ready names its health, not GraphiQL, which it does not serve', async () => {
  await using postgres = await startPostgres();
  await using home = await createHome();
  const worker = await startPressrun(home, {
    ...onPostgres(await postgres.createDatabase()),
    ROLE: 'worker',
  });
  const ready = worker.log().find(({ msg }) => msg.startsWith('Pressrun is ready'));
  expect(ready?.msg).not.toContain('GraphiQL');
  expect((await fetch(ready?.url ?? '')).status).toBe(200);
});

describe('one SIGTERM', () => {
  it.each([
    ['npm start', ['start']],
    ['npm run dev', ['run', 'dev']],
  ])('to %s ends the server, and frees its port and its data', async (_what, args) => {
    await using home = await createHome();
    const port = await freePort();
    const npm = startNpm(home, args, { PORT: String(port), DATA_DIR: home.dataDir });
    await waitUntil('the server to answer', () => answers(port), { intervalMs: 100 });
    npm.kill('SIGTERM');
    await once(npm, 'close');
    expect(await answers(port)).toBe(false);
    await startPressrun(home);
  });

  it('to npm run simulator ends it', async () => {
    await using home = await createHome();
    const port = await freePort();
    const npm = startNpm(home, ['run', 'simulator', '--', '--port', String(port)], {});
    await waitUntil('the simulator to answer', () => answers(port), { intervalMs: 100 });
    npm.kill('SIGTERM');
    await once(npm, 'close');
    expect(await answers(port)).toBe(false);
  });
});

function startNpm(home: Home, args: readonly string[], settings: Record<string, string>) {
  const command = ['--pdeathsig', 'KILL', '--', 'npm', '--prefix', root, ...args];
  return spawn('setpriv', command, {
    cwd: home.folder,
    env: { PATH: process.env['PATH'], HOME: home.folder, NODE_ENV: 'test', ...settings },
    stdio: 'ignore',
  });
}

async function answers(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/health/live`).then(
    () => true,
    () => false,
  );
}
