import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitUntil } from '../../support/services/wait-until.ts';

const entry = fileURLToPath(new URL('../../../src/demo/main.ts', import.meta.url));

export type DemoRun = {
  stdout(): string;
  stderr(): string;
  /** Resolves with the exit code when it ended by itself. */
  ended: Promise<number | null>;
  /** Waits until it has written this. */
  says(text: string): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** Types on its terminal. */
  type(text: string): void;
  /** The folder that its posts are left in. */
  out: string;
  /** What it left behind: processes that it started, and files in its folder for temporary files. */
  leftovers(): Promise<{ processes: string[]; files: string[] }>;
  [Symbol.asyncDispose](): Promise<void>;
};

/**
 * Starts `npm run demo` with a folder for temporary files and one for its posts, each its own.
 *
 * @param settings environment variables on top of the bare minimum.
 * @param place where it speaks.
 */
export async function startDemo(
  args: string[],
  settings: Record<string, string> = {},
  place: 'file' | 'terminal' = 'file',
): Promise<DemoRun> {
  const folder = await mkdtemp(join(tmpdir(), 'pressrun-demo-test-'));
  const kept = await mkdtemp(join(tmpdir(), 'pressrun-demo-posts-'));
  const out = join(kept, 'posts');
  const command = [process.execPath, entry, '--out', out, ...args];
  // Of util-linux: it runs a command on a terminal of its own, and ends with its exit code.
  const onTerminal = ['script', '-qec', command.join(' '), '/dev/null'];
  const [program = '', ...words] = place === 'terminal' ? onTerminal : command;
  const child = spawn(program, words, {
    // Nothing of the developer's own: a DATABASE_URL would make it another demo.
    env: { PATH: process.env['PATH'], TMPDIR: folder, SIMULATOR_TIME_SCALE: '0.01', ...settings },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close').then(() => child.exitCode);
  return {
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    says: (text) =>
      waitUntil(`the demo to write "${text}"`, () => {
        if (child.exitCode !== null) throw new Error(`The demo ended before "${text}":\n${stdout}${stderr}`);
        return stdout.includes(text);
      }),
    signal: (name) => void child.kill(name),
    type: (text) => void child.stdin.write(text),
    out,
    leftovers: async () => ({
      processes: await processesWith(`TMPDIR=${folder}`),
      files: await readdir(folder),
    }),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      for (const pid of await processesWith(`TMPDIR=${folder}`)) process.kill(Number(pid), 'SIGKILL');
      for (const used of [folder, kept]) await rm(used, { recursive: true, force: true });
    },
  };
}

/** Pids of the processes that were started with an environment variable: all descendants of the one that set it. */
async function processesWith(variable: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const environments = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')),
  );
  return pids.filter((_pid, index) => environments[index]?.split('\0').includes(variable));
}
