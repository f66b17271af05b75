import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, realpath, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account } from './account.ts';
import { findBinary } from './find-binary.ts';
import { BINARY_LINK, instanceProcesses, removeInstanceFolder } from './instance-folder.ts';
import { processStatus, signalProcess } from './processes.ts';
import { waitUntil } from './wait-until.ts';

const LOG_TAIL_LINES = 30;

export interface ServerSpec {
  /** For messages: "Postgres". */
  readonly name: string;
  /** The instance's own folder; the server runs in it and logs to `server.log` there. */
  readonly folder: string;
  readonly binary: string;
  readonly args: readonly string[];
  readonly account?: Account | undefined;
  /**
   * What the kernel sends the server when this process (or the worker thread that called) dies, however it dies. It has
   * to end the server's children too.
   */
  readonly parentDeathSignal: 'QUIT' | 'TERM' | 'KILL';
  /** Resolves when the server answers a real request, rejects while it does not. Must not hang. */
  readonly probe: () => Promise<unknown>;
}

/** One private server: a process with its children, in its own folder. */
export interface Server extends AsyncDisposable {
  readonly folder: string;
  /** Starts it and waits until it answers. Does nothing if it runs. */
  start(): Promise<void>;
  /** Sends `signal` and waits until every process of it has ended. Does nothing if it does not run. */
  stop(signal: NodeJS.Signals): Promise<void>;
  /** Freezes every process of it: connections stay open and nothing answers. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends it at once and deletes its folder. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts a server by its spec. What fails to start leaves nothing behind, and the error holds the end of its log. */
export async function startServer(spec: ServerSpec): Promise<Server> {
  const server = createServer(spec);
  try {
    await symlink(await realpath(spec.binary), join(spec.folder, BINARY_LINK));
    await server.start();
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

function createServer(spec: ServerSpec): Server {
  const { name, folder } = spec;
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    if (child !== undefined && isRunning(child)) return;
    const started = await spawnServer(spec);
    child = started;
    let lastRefusal: unknown;
    try {
      await waitUntil(`${name} to answer`, async () => {
        if (!isRunning(started)) throw new Error(`${name} ended before it answered`);
        return spec.probe().then(
          () => true,
          (refusal: unknown) => {
            lastRefusal = refusal;
            return false;
          },
        );
      });
    } catch (error) {
      const log = await logTail(folder);
      await stop('SIGKILL');
      const reason = error instanceof Error ? error.message : String(error);
      throw new AggregateError([error, lastRefusal], `${reason}. The end of its log:\n${log}`, {
        cause: error,
      });
    }
  }

  async function stop(signal: NodeJS.Signals): Promise<void> {
    if (child === undefined) return;
    const ending = child;
    // A server that is killed takes no leave of its children, so they get the signal too.
    if (signal === 'SIGKILL') signalAll(signal);
    else ending.kill(signal);
    // A paused server would act on the signal only when it goes on.
    signalAll('SIGCONT');
    const hasEnded = () => !isRunning(ending) && instanceProcesses(folder).length === 0;
    try {
      await waitUntil(`${name} to end on ${signal}`, hasEnded);
    } catch (error) {
      if (signal !== 'SIGKILL') await stop('SIGKILL');
      throw error;
    }
  }

  async function pause(): Promise<void> {
    const main = child?.pid;
    if (main === undefined) throw new Error(`${name} does not run`);
    // The main process first: once it is frozen no child can be born behind our back.
    await freeze(() => [main]);
    await freeze(() => instanceProcesses(folder));
  }

  async function freeze(pids: () => number[]): Promise<void> {
    await waitUntil(`${name} to be paused`, () => {
      // A child that has ended stays a zombie while its frozen parent cannot look after it.
      const running = pids().filter((pid) => !['T', 'Z'].includes(processStatus(pid)?.state ?? 'Z'));
      for (const pid of running) signalProcess(pid, 'SIGSTOP');
      return running.length === 0;
    });
  }

  function signalAll(signal: NodeJS.Signals): void {
    for (const pid of instanceProcesses(folder)) signalProcess(pid, signal);
  }

  return {
    folder,
    start,
    stop,
    pause,
    resume: async () => signalAll('SIGCONT'),
    [Symbol.asyncDispose]: async () => {
      await stop('SIGKILL');
      await removeInstanceFolder(folder);
    },
  };
}

async function spawnServer({ folder, binary, args, account, parentDeathSignal }: ServerSpec) {
  const setpriv = await findBinary('setpriv');
  if (setpriv === undefined) throw new Error('The test services need setpriv (util-linux)');
  const log = await open(join(folder, 'server.log'), 'a');
  try {
    const child = spawn(setpriv, ['--pdeathsig', parentDeathSignal, '--', binary, ...args], {
      cwd: folder,
      // Nothing of ours: PGPORT, LC_ALL or TZ of the developer would make the server another one.
      env: { PATH: process.env['PATH'], LANG: 'C.UTF-8', TZ: 'UTC' },
      stdio: ['ignore', log.fd, log.fd],
      // Ctrl-C in the terminal is for the test runner, which then stops its servers itself.
      detached: true,
      ...account,
    });
    // A server that a test forgot must not keep the test process alive.
    child.unref();
    await once(child, 'spawn');
    return child;
  } finally {
    await log.close();
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

async function logTail(folder: string): Promise<string> {
  const log = await readFile(join(folder, 'server.log'), 'utf8');
  return log.trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n');
}
