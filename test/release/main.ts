import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { commandLine } from '../../src/command-line.ts';

/** Accounts, campaigns, batches, posts and jobs from their beginning to their end. */
const short = ['test/integration/batches/main-job.test.ts', 'test/integration/campaigns/campaigns.test.ts'];

/** What this version promises otherwise: posts keep the channel that they were written for, wherever their campaign goes. */
const promisedOtherwise = ['of a channel follow the campaign to another one'];

const root = fileURLToPath(new URL('../../', import.meta.url));
const execute = promisify(execFile);

const values = commandLine('npm run check:release')
  .description(
    `Runs the integration tests of the last release on a database that this version has migrated: what still runs that
release beside this version, while it is replaced, must go on working. The last release is the commit before this one that
last changed test/release/schema.graphql (npm run schema:release).`,
  )
  .option('--full', 'all of its integration tests, not only those of campaigns and batches', false)
  .option('--ref <ref>', 'another version than the last one')
  .parse()
  .opts();

async function main(): Promise<void> {
  const ref = values.ref ?? (await lastRelease());
  const folder = await mkdtemp(join(tmpdir(), 'pressrun-release-'));
  try {
    tell(`unpacking ${ref.slice(0, 12)}`);
    await execute('sh', ['-c', `git archive "$0" | tar -x -C "$1"`, ref, folder], { cwd: root });
    await giveDependencies(folder);
    tell('generating its code');
    await run(folder, process.execPath, 'scripts/generate.ts', '--install');
    tell('running its tests on the schema of this version');
    const config = join(root, 'test/release/vitest.config.ts');
    const vitest = join(root, 'node_modules/vitest/vitest.mjs');
    await run(
      folder,
      process.execPath,
      vitest,
      'run',
      '--root',
      folder,
      '--config',
      config,
      '--testNamePattern',
      `^(?!.*(?:${promisedOtherwise.join('|')}))`,
      ...(values.full ? [] : short),
    );
    tell('the last release works on it');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** That of before, where this very commit is a release. @throws where the history does not tell. */
async function lastRelease(): Promise<string> {
  // There, git takes the only commit that it has for the one that made every file.
  if ((await git('rev-parse', '--is-shallow-repository')) === 'true') {
    throw new Error(
      'The history is cut off, and the last release with it. Fetch all of it: git fetch --unshallow',
    );
  }
  const ref = await git('log', '-1', '--format=%H', 'HEAD~1', '--', 'test/release/schema.graphql');
  if (ref === '') throw new Error('There is no release in the history. Name the version to test: --ref REF');
  return ref;
}

const manifestSchema = z.object({
  version: z.string().optional(),
  dependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
});
const manifestIn = (folder: string) =>
  manifestSchema.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));

/** @returns undefined where the package is not there. */
function installedVersion(name: string): string | undefined {
  const folder = join(root, 'node_modules', name);
  return existsSync(folder) ? manifestIn(folder).version : undefined;
}

/** Those of this version where they are the very same ones, its own otherwise. */
async function giveDependencies(folder: string): Promise<void> {
  const { dependencies, devDependencies } = manifestIn(folder);
  const here = join(root, 'node_modules');
  const others = Object.entries({ ...dependencies, ...devDependencies }).filter(
    ([name, version]) => installedVersion(name) !== version,
  );
  if (others.length > 0) {
    tell(`installing its dependencies, as ${others.length} have other versions`);
    return run(folder, 'npm', 'ci', '--ignore-scripts');
  }
  await mkdir(join(folder, 'node_modules'));
  // But not what was generated into it.
  const names = (await readdir(here)).filter((name) => name !== '.cache');
  await Promise.all(names.map((name) => symlink(join(here, name), join(folder, 'node_modules', name))));
}

async function git(...args: string[]): Promise<string> {
  return (await execute('git', args, { cwd: root })).stdout.trim();
}

/** @throws where it ends with another code than 0; what it says is said. */
async function run(folder: string, command: string, ...args: string[]): Promise<void> {
  const child = spawn(command, args, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with code ${code}; what it said stands above`);
}

function tell(text: string): void {
  process.stdout.write(`${text}\n`);
}

await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
