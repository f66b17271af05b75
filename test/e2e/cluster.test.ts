import { describe, expect, it } from 'vitest';
import { MeDocument } from '../../client/index.ts';
import { signUp } from '../support/app.ts';
import { createHome } from '../support/e2e/home.ts';
import { launchPressrun, startPressrun, type Pressrun } from '../support/e2e/pressrun.ts';
import { startPostgres } from '../support/services/postgres.ts';
import { startRedis } from '../support/services/redis.ts';
import { waitUntil } from '../support/services/wait-until.ts';

describe('npm start -- --cluster', () => {
  it('answers on one port from several processes, replaces one that dies, and stops all of them', async () => {
    await using postgres = await startPostgres();
    await using redis = await startRedis();
    await using home = await createHome();
    const settings = { DATABASE_URL: await postgres.createDatabase(), REDIS_URL: redis.url };
    const app = await startPressrun(home, settings, ['--cluster', '2']);
    await waitUntil('both to be ready', () => pids(app, 'Pressrun is ready').length === 2);
    const account = await signUp(app);

    const [killed = 0] = pids(app, 'process started');
    process.kill(killed, 'SIGKILL');
    await waitUntil('another one to be ready', () => pids(app, 'Pressrun is ready').length === 3);
    expect(await account.run(MeDocument, {})).toMatchObject({ me: { id: account.id } });

    expect(await app.end('SIGTERM')).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(app.log().at(-1)).toMatchObject({ msg: 'stopped' });
    for (const pid of pids(app, 'process started')) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('refuses the embedded database, which belongs to one process', async () => {
    await using home = await createHome();
    const ending = await (await launchPressrun(home, {}, ['--cluster'])).ended();
    expect(ending).toMatchObject({ code: 1, stdout: '' });
    expect(ending.stderr).toMatch(/^--cluster needs DATABASE_URL and REDIS_URL/);
  });

  it.each([
    [['--clutser'], "unknown option '--clutser' (Did you mean --cluster?)"],
    [['--cluster', '0'], "argument '0' is invalid. It must be a whole number from 1."],
    [['cluster'], 'too many arguments. Expected 0 arguments but got 1: cluster.'],
  ])('refuses %j in one line', async (args, complaint) => {
    await using home = await createHome();
    const ending = await (await launchPressrun(home, {}, args)).ended();
    expect(ending).toMatchObject({ code: 1, stdout: '' });
    expect(ending.stderr).toMatch(/^start: .*\n$/);
    expect(ending.stderr).toContain(complaint);
  });

  it('explains itself', async () => {
    await using home = await createHome();
    const ending = await (await launchPressrun(home, {}, ['--help'])).ended();
    expect(ending).toMatchObject({ code: 0, stderr: '' });
    expect(ending.stdout).toContain('--cluster [n]');
  });

  it('ends at once where no process can start', async () => {
    await using home = await createHome();
    const settings = { DATABASE_URL: 'postgresql://127.0.0.1:1/nothing', REDIS_URL: 'redis://127.0.0.1:1' };
    const ending = await (await launchPressrun(home, settings, ['--cluster', '2'])).ended();
    expect(ending.code).toBe(1);
    expect(ending.stderr).toContain('DATABASE_URL');
  });
});

/** Of log lines that begin so. A line without one counts all the same. */
function pids(app: Pressrun, message: string): number[] {
  return app
    .log()
    .filter(({ msg }) => msg.startsWith(message))
    .map(({ pid }) => Number(pid ?? 0));
}
