import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ensureInstalled } from '../support/services/ensure-installed.ts';
import { findBinary } from '../support/services/find-binary.ts';

async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), 'pressrun-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

async function writeProgram(path: string, script: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

describe('a missing service', () => {
  it('is an error with the command to run', async () => {
    const nowhere = { searchPath: [], mayInstall: false };
    await expect(ensureInstalled(['postgresql', 'redis-server', 'nginx'], nowhere)).rejects.toThrow(
      'The tests need postgresql, redis-server, nginx. Install with: ' +
        'apt-get update && apt-get install -y --no-install-recommends postgresql redis-server nginx',
    );
  });

  it('is named alone when the others are there', async () => {
    await using folder = await temporaryFolder();
    await writeProgram(join(folder.path, 'redis-server'), 'exit 0');
    const options = { searchPath: [folder.path], mayInstall: false };
    await expect(ensureInstalled(['redis-server', 'nginx'], options)).rejects.toThrow(
      /^The tests need nginx\. /,
    );
  });
});

describe('looking for Postgres', () => {
  it('passes over another program of that name', async () => {
    await using folder = await temporaryFolder();
    await writeProgram(join(folder.path, 'postgres'), 'echo "postgres (a client) 1.0"');
    await writeProgram(join(folder.path, 'initdb'), 'exit 0');
    expect(await findBinary('postgres', [folder.path])).toBeUndefined();
  });

  it('passes over a server that has no initdb beside it', async () => {
    await using folder = await temporaryFolder();
    await writeProgram(join(folder.path, 'postgres'), 'echo "postgres (PostgreSQL) 15.13"');
    expect(await findBinary('postgres', [folder.path])).toBeUndefined();
  });

  it('follows a link to the folder where initdb is', async () => {
    await using folder = await temporaryFolder();
    const server = await findBinary('postgres');
    if (server === undefined) throw new Error('There is no Postgres here');
    await symlink(server, join(folder.path, 'postgres'));
    expect(await findBinary('postgres', [folder.path])).toBe(server);
  });
});
