import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { findBinary } from '../services/find-binary.ts';
import { waitUntil } from '../services/wait-until.ts';
import type { Home } from './home.ts';

const entry = fileURLToPath(new URL('../../../src/main.js', import.meta.url));

/** The fields of a log line that tests look at; the others are kept. */
const logLineSchema = z.looseObject({ msg: z.string(), url: z.url().optional() });

type LogLine = z.infer<typeof logLineSchema>;

/** How a process ended, and all that it said. */
export type Ending = {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
};

export type Launched = {
  /** Of the process. */
  pid: number;
  /** Log lines so far. */
  log(): LogLine[];
  /** The ending, undefined while it runs. */
  ending(): Ending | undefined;
  /** Sends `signal` and waits for its end. */
  end(signal: NodeJS.Signals): Promise<Ending>;
  /** Waits until it ends by itself. */
  ended(): Promise<Ending>;
};

export type Pressrun = Launched & {
  /** Such as `http://127.0.0.1:41234`. */
  url: string;
};

/**
 * Runs `node src/main.js` as a process of its own, which dies with this one.
 *
 * @param settings environment variables; there are no others but the embedded defaults for a test.
 * @param flags of Node.
 */
export async function launchPressrun(
  home: Home,
  settings: Record<string, string> = {},
  args: readonly string[] = [],
  flags: readonly string[] = [],
): Promise<Launched> {
  const setpriv = await findBinary('setpriv');
  if (setpriv === undefined) throw new Error('The tests need setpriv (util-linux)');
  const child = spawn(setpriv, ['--pdeathsig', 'KILL', '--', process.execPath, ...flags, entry, ...args], {
    cwd: home.folder,
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'test',
      PORT: '0',
      DATA_DIR: home.dataDir,
      SIMULATOR_TIME_SCALE: '0.01',
      PLANNING: 'off',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C in the terminal is for the test runner.
    detached: true,
  });
  let stdout = '';
  let stderr = '';
  let ending: Ending | undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.on('close', (code, signal) => (ending = { code, signal, stdout, stderr }));
  await once(child, 'spawn');

  async function ended(): Promise<Ending> {
    await waitUntil('Pressrun to end', () => ending !== undefined);
    if (ending === undefined) throw new Error('It ended and did not');
    return ending;
  }
  const { pid } = child;
  if (pid === undefined) throw new Error('It was started and has no process');
  return {
    pid,
    log: () => logLines(stdout),
    ending: () => ending,
    ended,
    end(signal) {
      child.kill(signal);
      return ended();
    },
  };
}

/** Launches Pressrun and waits until it says that it is ready. Where it ends instead, rejects with what it said. */
export async function startPressrun(
  home: Home,
  settings: Record<string, string> = {},
  args: readonly string[] = [],
  flags: readonly string[] = [],
): Promise<Pressrun> {
  const launched = await launchPressrun(home, settings, args, flags);
  const ready = () => launched.log().find(({ msg }) => msg.startsWith('Pressrun is ready'))?.url;
  await waitUntil('Pressrun to be ready', () => {
    const ending = launched.ending();
    if (ending !== undefined) throw new Error(`Pressrun ended: ${ending.stderr}${ending.stdout}`);
    return ready() !== undefined;
  });
  return { ...launched, url: new URL(ready() ?? '').origin };
}

/** The whole lines so far; the process may be in the middle of one. */
function logLines(stdout: string): LogLine[] {
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => logLineSchema.parse(JSON.parse(line)));
}
