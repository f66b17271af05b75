import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { instanceProcesses, sweepStaleInstances } from '../support/services/instance-folder.ts';
import { processStatus } from '../support/services/processes.ts';
import { startRedis } from '../support/services/redis.ts';
import { waitUntil } from '../support/services/wait-until.ts';

const Folders = z.object({ postgres: z.string(), redis: z.string() });
type Folders = z.infer<typeof Folders>;

async function startOwner(...args: string[]): Promise<{ process: ChildProcess; folders: Folders }> {
  const script = fileURLToPath(new URL('fixtures/owner.ts', import.meta.url));
  const owner = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: owner.stdout })) {
    return { process: owner, folders: Folders.parse(JSON.parse(line)) };
  }
  throw new Error('The owner ended without a word');
}

async function kill(owner: ChildProcess): Promise<void> {
  owner.kill('SIGKILL');
  await once(owner, 'exit');
}

// A services folder of its own: the tests running beside would sweep what is left here before it has been looked at.
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pressrun-lifecycle-'));
  await chmod(folder, 0o711);
  vi.stubEnv('TMPDIR', folder);
  return async () => {
    await sweepStaleInstances();
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  };
});

describe('the servers of a test process', () => {
  it('end with it, even when it is killed', async () => {
    const owner = await startOwner();
    const alive = () => [owner.folders.postgres, owner.folders.redis].flatMap(instanceProcesses);
    expect(alive().length).toBeGreaterThan(2);
    await kill(owner.process);
    await waitUntil('the servers to end', () => alive().length === 0);
  });

  it('are swept by the next start where they could not end by themselves', async () => {
    const owner = await startOwner('paused');
    await kill(owner.process);
    const frozen = instanceProcesses(owner.folders.postgres);
    expect(frozen.length).toBeGreaterThan(1);

    await using next = await startRedis();

    expect(frozen.filter((pid) => (processStatus(pid)?.state ?? 'Z') !== 'Z')).toEqual([]);
    expect(existsSync(owner.folders.postgres)).toBe(false);
    expect(existsSync(owner.folders.redis)).toBe(false);
    expect(existsSync(next.folder)).toBe(true);
  });

  it('are left alone by a sweep as long as it lives', async () => {
    await using redis = await startRedis();
    const swept = await sweepStaleInstances();
    expect(swept).not.toContain(redis.folder);
    expect(instanceProcesses(redis.folder)).toHaveLength(1);
  });

  it('are all that a sweep ends: a stranger working in a stale folder lives on', async () => {
    const owner = await startOwner();
    const stranger = spawn('tail', ['-f', 'server.log'], { cwd: owner.folders.redis, stdio: 'ignore' });
    try {
      await once(stranger, 'spawn');
      await kill(owner.process);
      const swept = await sweepStaleInstances();
      expect(swept).toContain(owner.folders.redis);
      expect(stranger.exitCode).toBeNull();
      expect(stranger.signalCode).toBeNull();
      expect(existsSync(`/proc/${stranger.pid}`)).toBe(true);
    } finally {
      stranger.kill('SIGKILL');
    }
  });
});
