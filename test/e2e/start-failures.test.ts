import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, cp, mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, it } from 'vitest';
import { createHome, type Home } from '../support/e2e/home.ts';
import { launchPressrun, startPressrun } from '../support/e2e/pressrun.ts';
import { isRoot } from '../support/services/account.ts';
import { createDatabase } from '../support/services/postgres-client.ts';
import { redisDatabases } from '../support/services/redis.ts';

const entry = fileURLToPath(new URL('../../src/main.js', import.meta.url));

describe('Pressrun that cannot start says why in one line', () => {
  it.each([['nowhere.invalid'], ['203.0.113.7'], ['::zz']])('for HOST %s', async (host) => {
    await using home = await createHome();
    const { code, stderr } = await (await launchPressrun(home, { HOST: host })).ended();
    expect(stderr).toMatch(/^\S+ is no address of this machine \(E\w+\)\. Set HOST to one that is.*\n$/);
    expect(code).toBe(1);
  });

  it('for a port that its account may not listen on', async () => {
    await using home = await createHome();
    const { code, stderr } = await runAsOther(home, { PORT: '80', DATA_DIR: await theirs(home) });
    expect(stderr).toMatch(/^This account may not listen on port 80\. Set PORT to 1024 or above.*\n$/);
    expect(code).toBe(1);
  });

  it('for a database of Redis that does not exist, which is not taken for number 0', async () => {
    await using home = await createHome();
    const url = new URL(`/${redisDatabases}`, inject('redisUrl')).href;
    const { code, stderr } = await (await launchPressrun(home, { REDIS_URL: url })).ended();
    expect(stderr).toMatch(
      /^Redis at \S+ cannot be used: ERR DB index is out of range\..* REDIS_URL is right\.\n$/,
    );
    expect(code).toBe(1);
  });

  it('for a data directory with files of another account', async () => {
    await using home = await createHome();
    await (await startPressrun(home)).end('SIGTERM');
    await chmod(home.dataDir, 0o777);
    const { code, stderr } = await runAsOther(home, { DATA_DIR: home.dataDir });
    expect(stderr).toMatch(
      /^The data directory cannot be used: EACCES.*DATA_DIR is right, and belongs to the account that runs Pressrun\.\n$/,
    );
    expect(code).toBe(1);
  });

  it('for a service that is away, though somebody else’s files are in the data directory', async () => {
    await using home = await createHome();
    const dataDir = await theirs(home);
    // Nobody but its owner may read it.
    await mkdir(join(dataDir, 'lost+found'), { mode: 0o000 });
    const { code, stderr } = await runAsOther(home, {
      DATA_DIR: dataDir,
      DATABASE_URL: 'postgresql://127.0.0.1:1/nothing',
    });
    expect(stderr).toMatch(/^PostgreSQL at 127\.0\.0\.1:1 cannot be used: .*DATABASE_URL is right\.\n$/);
    expect(code).toBe(1);
  });

  it('for code that was not generated', async () => {
    await using home = await createHome();
    const root = fileURLToPath(new URL('../../', import.meta.url));
    await cp(join(root, 'src'), join(home.folder, 'src'), {
      recursive: true,
      filter: (path) => !path.endsWith('/generated'),
    });
    await cp(join(root, 'package.json'), join(home.folder, 'package.json'));
    await symlink(join(root, 'node_modules'), join(home.folder, 'node_modules'));
    const { code, stderr } = await runIn(home, process.execPath, ['src/main.js']);
    expect(stderr).toMatch(/^Generated code is missing.* Run: npm run generate\n$/);
    expect(code).toBe(1);
  });

  it('for settings in a file that it may not read', async () => {
    await using home = await createHome();
    // What nobody can read, whoever runs this.
    await mkdir(join(home.folder, '.env'));
    const { code, stderr } = await (await launchPressrun(home)).ended();
    expect(stderr).toMatch(/^The file \.env is there and cannot be read: \w+.*\n$/);
    expect(code).toBe(1);
  });

  it('for a data directory that is a file, which it leaves to those who may read it', async () => {
    await using home = await createHome();
    await writeFile(home.dataDir, 'not of Pressrun');
    await chmod(home.dataDir, 0o664);
    const { code } = await (await launchPressrun(home)).ended();
    expect(code).toBe(1);
    expect((await stat(home.dataDir)).mode & 0o777).toBe(0o664);
  });

  it('for a disk that is full', async () => {
    await using home = await createHome();
    await mkdir(home.dataDir);
    // In a namespace of its own, so that the file system goes with the process.
    const script = `mount -t tmpfs -o size=8m tmpfs ${home.dataDir} && exec ${process.execPath} ${entry}`;
    const { code, stderr } = await runIn(home, 'unshare', [
      '--user',
      '--map-root-user',
      '--mount',
      'sh',
      '-c',
      script,
    ]);
    expect(stderr).toMatch(
      /^The data directory cannot be used: the disk is full \(\d+ MB are free\)\. Check that DATA_DIR is right.*\n$/,
    );
    expect(code).toBe(1);
  });
});

describe('the data directory', () => {
  it('is for its owner alone, with all that is in it', async () => {
    await using home = await createHome();
    await (await startPressrun(home)).end('SIGTERM');
    expect(await openToOthers(home.dataDir)).toEqual([]);
  });

  it('of an earlier version, which everybody could read, is closed by the next start', async () => {
    await using home = await createHome();
    await (await startPressrun(home)).end('SIGTERM');
    execFileSync('chmod', ['-R', 'a+rX', home.dataDir]);
    expect(await openToOthers(home.dataDir)).not.toEqual([]);
    await startPressrun(home);
    expect(await openToOthers(home.dataDir)).toEqual([]);
  });

  it('leaves other files in it, and the folder that holds them, to those who may read them', async () => {
    await using home = await createHome();
    await mkdir(home.dataDir);
    await writeFile(join(home.dataDir, 'notes'), 'not of Pressrun');
    await chmod(home.dataDir, 0o775);
    await chmod(join(home.dataDir, 'notes'), 0o664);
    await (await startPressrun(home)).end('SIGTERM');
    execFileSync('chmod', ['-R', 'a+rX', join(home.dataDir, 'postgres')]);
    const app = await startPressrun(home);
    expect(await openToOthers(home.dataDir)).toEqual([home.dataDir, join(home.dataDir, 'notes')]);
    const closed = app.log().filter(({ msg }) => msg.startsWith('Closed to other accounts'));
    expect(closed.map(({ msg }) => msg)).toEqual([
      `Closed to other accounts of this machine: ${home.dataDir}/postgres`,
    ]);
  });

  it('on PostgreSQL is for its owner alone as well', async () => {
    await using home = await createHome();
    await mkdir(home.dataDir, { mode: 0o755 });
    await startPressrun(home, { DATABASE_URL: await createDatabase(inject('postgresUrl')) });
    expect(await openToOthers(home.dataDir)).toEqual([]);
  });
});

it('runs as another account than the one that installed it', async () => {
  await using home = await createHome();
  const settings = { DATA_DIR: await theirs(home) };
  const { stdout, stderr } = await runAsOther(home, settings, 'Pressrun is ready');
  expect(stderr).toBe('');
  expect(stdout).toContain('Pressrun is ready');
});

/** Debian's account for those who have none; a test that is not run as root runs as its own. */
const other = '65534';

/** Makes a data directory of that account. */
async function theirs(home: Home): Promise<string> {
  const dataDir = join(home.folder, 'theirs');
  await mkdir(dataDir);
  if (isRoot()) await chown(dataDir, Number(other), Number(other));
  return dataDir;
}

/** Runs Pressrun to its end, or until it says `until`, as an account that did not install it where that is ours to do. */
async function runAsOther(home: Home, settings: Record<string, string>, until?: string) {
  await chmod(home.folder, 0o755);
  const account = isRoot() ? ['--reuid', other, '--regid', other, '--clear-groups'] : [];
  return runIn(
    home,
    'setpriv',
    [...account, '--pdeathsig', 'KILL', '--', process.execPath, entry],
    settings,
    until,
  );
}

async function runIn(
  home: Home,
  command: string,
  args: readonly string[],
  settings: Record<string, string> = {},
  until?: string,
) {
  const child = spawn(command, args, {
    cwd: home.folder,
    env: { PATH: process.env['PATH'], NODE_ENV: 'test', PORT: '0', DATA_DIR: home.dataDir, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (until !== undefined && stdout.includes(until)) child.kill('SIGTERM');
  });
  await once(child, 'close');
  return { code: child.exitCode, stdout, stderr };
}

/** PGlite gives its cache of the catalogue, which holds no rows, permissions of its own. */
const catalogueCache = '/pg_internal.init';

/** Paths that others than the owner have any right to. */
async function openToOthers(folder: string): Promise<string[]> {
  const paths = [folder, ...(await readdir(folder, { recursive: true })).map((name) => join(folder, name))];
  const modes = await Promise.all(paths.map(async (path) => ({ path, mode: (await stat(path)).mode })));
  return modes
    .filter(({ path, mode }) => (mode & 0o077) !== 0 && !path.endsWith(catalogueCache))
    .map(({ path }) => path);
}
