import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { waitUntil } from '../support/services/wait-until.ts';
import { connect, postRequest, startSimulator } from './support.ts';

type Run = {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly output: () => string;
  readonly ended: Promise<unknown>;
};

function run(...args: string[]): Run {
  const entry = new URL('../../src/simulator/main.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [entry, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (output += data.toString()));
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, output: () => output, ended: once(child, 'close') };
}

describe('npm run simulator', () => {
  test('says how to point Pressrun at it, and ends on SIGTERM with calls under way', async () => {
    const { child, output, ended } = run('--port', '0', '--time-scale', '1000', '--fault', 'hang=0.5');
    const addressIn = () => /OPENAI_BASE_URL=(\S+) OPENAI_API_KEY=simulated/.exec(output())?.[1];
    await waitUntil('the address', () => addressIn() !== undefined);
    const address = addressIn() ?? '';
    const openai = connect(address);
    const calls = Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => openai.chat.completions.create(postRequest(`Post ${index}`))),
    );
    const stats = async () => (await fetch(new URL('/control/stats', address))).json();
    await expect.poll(stats).toMatchObject({ chat: { inFlight: 8 } });
    child.kill('SIGTERM');

    await ended;
    expect(child.exitCode).toBe(0);
    expect((await calls).every(({ status }) => status === 'rejected')).toBe(true);
  });

  test('explains itself', async () => {
    const { child, output, ended } = run('--help');
    await ended;

    expect(child.exitCode).toBe(0);
    expect(output()).toContain('--time-scale');
    expect(output()).toContain('insufficient_quota');
  });

  test.each([
    [['--port', 'x'], "option '--port <n>' argument 'x' is invalid. It must be a number."],
    [['--time-scale=-1'], 'timeScale'],
    [['--speed', '2'], "unknown option '--speed' (Did you mean --seed?)"],
    [['--fault', 'gremlins=1'], 'It must look like server_error=0.1'],
    [['--caption-latency', '5'], 'It must look like 2000-6000'],
  ])('refuses %j in one line', async (args, complaint) => {
    const { child, output, ended } = run(...args);
    await ended;

    expect(child.exitCode).toBe(1);
    expect(output()).toContain(complaint);
    expect(output().trim().split('\n')).toHaveLength(1);
  });

  test('says in one line that its port is in use', async () => {
    const { url } = await startSimulator();
    const { child, output, ended } = run('--port', new URL(url).port);
    await ended;

    expect(child.exitCode).toBe(1);
    expect(output()).toMatch(/^simulator: .*already in use.*--port.*\n$/);
  });
});
