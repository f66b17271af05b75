import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createHome, type Home } from '../support/e2e/home.ts';
import { launchPressrun, startPressrun } from '../support/e2e/pressrun.ts';
import { startSilentServer } from '../support/e2e/silent-server.ts';
import { freePort } from '../support/services/free-port.ts';

let home: Home;
beforeAll(async () => {
  home = await createHome();
});
afterAll(() => home[Symbol.asyncDispose]());

/** Runs Pressrun to the end that it comes to by itself. */
const run = async (settings: Record<string, string>) => (await launchPressrun(home, settings)).ended();

describe('Pressrun that cannot start', () => {
  it('names every faulty setting at once and echoes no value', async () => {
    const values = {
      PORT: 'abc',
      DATABASE_URL: 'mysql://root:hunter2@db/shop',
      JWT_SECRET: 'all-too-short',
      OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
    };
    const { code, stdout, stderr } = await run(values);
    expect(code).toBe(1);
    expect(stderr.split('\n').flatMap((line) => /^ {2}([A-Z_]+): /.exec(line)?.[1] ?? [])).toEqual([
      'PORT',
      'DATABASE_URL',
      'JWT_SECRET',
      'OPENAI_API_KEY',
    ]);
    for (const value of Object.values(values)) expect(stdout + stderr).not.toContain(value);
  });

  it('wants a secret of its own in production', async () => {
    const { code, stderr } = await run({ NODE_ENV: 'production' });
    expect(code).toBe(1);
    expect(stderr).toContain('JWT_SECRET: must be set in production');
  });

  it('says in one line that its port is in use', async () => {
    await using other = await createHome();
    const { url } = await startPressrun(other);
    const { port } = new URL(url);
    const { code, stderr } = await run({ PORT: port });
    expect(code).toBe(1);
    expect(stderr).toBe(
      `Port ${port} is in use. Stop what listens there, or set PORT to another one (0 takes any free one).\n`,
    );
  });

  it('says in one line that PostgreSQL is not there, and what to check', async () => {
    const port = await freePort();
    const { code, stdout, stderr } = await run({
      DATABASE_URL: `postgresql://me:sesame@127.0.0.1:${port}/pressrun`,
    });
    expect(stderr).toBe(
      `PostgreSQL at 127.0.0.1:${port} cannot be used: connect ECONNREFUSED 127.0.0.1:${port}. ` +
        `Check that it runs, that it can be reached from here, and that DATABASE_URL is right.\n`,
    );
    expect(stdout).not.toContain('sesame');
    expect(code).toBe(1);
  });

  it('gives up on PostgreSQL that takes connections and never answers', async () => {
    await using silent = await startSilentServer();
    const { code, stderr } = await run({
      DATABASE_URL: `postgresql://me:sesame@127.0.0.1:${silent.port}/pressrun`,
    });
    expect(stderr).toMatch(new RegExp(`^PostgreSQL at 127.0.0.1:${silent.port} cannot be used: .*time.*\n$`));
    expect(code).toBe(1);
  });

  it('says in one line that its data directory cannot be made', async () => {
    const { code, stderr } = await run({ DATA_DIR: '/dev/null/data' });
    expect(stderr).toMatch(/^The data directory cannot be used: ENOTDIR.* Check that DATA_DIR is right.*\n$/);
    expect(code).toBe(1);
  });

  it('says in one line that the database does not exist', async () => {
    const url = new URL(inject('postgresUrl'));
    url.pathname = '/not_there';
    const { code, stderr } = await run({ DATABASE_URL: url.href });
    expect(stderr).toMatch(/^PostgreSQL at .* cannot be used: database "not_there" does not exist\. .*\n$/);
    expect(code).toBe(1);
  });
});

describe('Pressrun --help', () => {
  it('says how to start it, and starts nothing', async () => {
    await using elsewhere = await createHome();
    const { code, stdout, stderr } = await (await launchPressrun(elsewhere, {}, ['--help'])).ended();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('npm start');
    expect(existsSync(elsewhere.dataDir)).toBe(false);
  });
});
