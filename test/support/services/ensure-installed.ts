import { chmod, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isRoot } from './account.ts';
import { findBinary } from './find-binary.ts';
import { servicesFolder } from './instance-folder.ts';
import { run } from './run.ts';

/** The Debian packages that the tests need, with the program that shows that each is there. */
const programOf = {
  postgresql: 'postgres',
  'redis-server': 'redis-server',
  nginx: 'nginx',
  chromium: 'chromium',
} as const;

export type ServicePackage = keyof typeof programOf;

export interface EnsureInstalledOptions {
  /** Where to look for the programs; the machine's usual folders by default. */
  readonly searchPath?: readonly string[];
  /** Whether to install what is missing; by default when we are root on Debian. */
  readonly mayInstall?: boolean;
}

const POLICY = '/usr/sbin/policy-rc.d';

/**
 * Makes sure that the programs of these packages are on the machine. What is missing is installed where that is ours to
 * do; otherwise it throws an Error with the exact command to run. A missing service is never a skipped test.
 */
export async function ensureInstalled(
  packages: readonly ServicePackage[],
  { searchPath, mayInstall = isRoot() && existsSync('/etc/debian_version') }: EnsureInstalledOptions = {},
): Promise<void> {
  const missing = await missingPackages(packages, searchPath);
  if (missing.length === 0) return;

  const command = `apt-get update && apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (mayInstall) {
    process.stderr.write(`The tests need ${missing.join(', ')}: running ${command}\n`);
    await install(command);
  }
  const stillMissing = await missingPackages(missing, searchPath);
  if (stillMissing.length > 0) {
    throw new Error(`The tests need ${stillMissing.join(', ')}. Install with: ${command}`);
  }
}

async function missingPackages(
  packages: readonly ServicePackage[],
  searchPath: readonly string[] | undefined,
): Promise<ServicePackage[]> {
  const found = await Promise.all(packages.map((name) => findBinary(programOf[name], searchPath)));
  return packages.filter((_, index) => found[index] === undefined);
}

/** flock, since apt fails rather than waits when a second test run installs at the same time. */
async function install(command: string): Promise<void> {
  const lock = join(await servicesFolder(), 'install.lock');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await withoutStartingServices(() =>
    run('flock', [lock, 'sh', '-c', command], { env, timeoutMs: 10 * 60_000 }),
  );
}

/**
 * Debian starts a service when it installs it, unless this policy forbids it. The policy holds only while this process
 * lives, so that one left behind by a kill does no harm; one that the machine already has is left alone.
 */
async function withoutStartingServices(work: () => Promise<unknown>): Promise<void> {
  if (existsSync(POLICY)) {
    await work();
    return;
  }
  await writeFile(POLICY, `#!/bin/sh\nkill -0 ${process.pid} 2>/dev/null && exit 101\nexit 0\n`);
  try {
    await chmod(POLICY, 0o755);
    await work();
  } finally {
    await rm(POLICY, { force: true });
  }
}
