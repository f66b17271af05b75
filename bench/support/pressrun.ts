import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { v8Flags } from '../../src/start/v8-flags.ts';
import { freePort } from '../../test/support/services/free-port.ts';
import { waitUntil } from '../../test/support/services/wait-until.ts';

/** Limits are on, and count; what one client of a benchmark asks for is only not what they are for. */
const raisedLimits = Object.fromEntries(
  [
    'RATE_LIMIT_PER_USER',
    'RATE_LIMIT_PER_ADDRESS',
    'RATE_LIMIT_GLOBAL',
    'REGISTRATIONS_PER_ADDRESS',
    'MAX_SOCKETS_PER_ADDRESS',
  ].map((name) => [name, '100000000']),
);

/** Settings of an API instance that asks no provider. */
export const apiSettings = () => ({
  ROLE: 'api',
  OPENAI_API_KEY: 'none',
  OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
  JWT_SECRET: randomBytes(48).toString('hex'),
});

/**
 * Starts Pressrun as in production: the real process of `npm start`, logging into a file. Its log goes with it.
 *
 * @param how.flags of Node, over those that it starts itself with.
 * @param how.isReady asked every few milliseconds from the start on; without it the health check is.
 */
export async function startPressrun(
  settings: Record<string, string>,
  how: { flags?: readonly string[]; isReady?: (url: string) => Promise<boolean> } = {},
) {
  const { flags = [], isReady = isHealthy } = how;
  const opened = new AsyncDisposableStack();
  const folder = await mkdtemp(`${tmpdir()}/pressrun-bench-`);
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  const log = await open(`${folder}/log`, 'w');
  opened.defer(() => log.close());
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const startedAtMs = performance.now();
  // The kernel ends it with the benchmark, however that one ends.
  const program = [process.execPath, ...v8Flags, ...flags, 'src/main.js'];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...program], {
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      ALLOW_EMBEDDED_DATABASE: 'true',
      ALLOW_SIMULATOR: 'true',
      JWT_SECRET: randomBytes(48).toString('hex'),
      PORT: String(port),
      DATA_DIR: folder,
      // A long run outlives a token of the usual life.
      ACCESS_TOKEN_MINUTES: '1440',
      // What is measured is posts.
      PLANNING: 'off',
      ...raisedLimits,
      ...settings,
    },
    stdio: ['ignore', log.fd, 'inherit'],
  });
  opened.defer(async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  try {
    const hasAnswered = () => {
      if (child.exitCode !== null) throw new Error(`Pressrun ended with ${child.exitCode}`);
      return isReady(url).catch(() => false);
    };
    await waitUntil('Pressrun to answer', hasAnswered, { intervalMs: 5, deadlineMs: 60_000 });
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
  const firstAnswerMs = performance.now() - startedAtMs;
  return { url, pid: child.pid ?? 0, firstAnswerMs, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

async function isHealthy(url: string): Promise<boolean> {
  return (await fetch(`${url}/health/ready`)).ok;
}
