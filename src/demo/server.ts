import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { v8Flags } from '../start/v8-flags.ts';

const stopWithinMs = 10_000;
const linesTold = 10;

/** The server did not start, or ended by itself. The message has its output. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
}

export type ReadyServer = {
  /** The address of GraphQL. */
  url: string;
  /** `simulator` or `openai`. */
  provider: string;
};

export type ServerProcess = {
  /** Rejects with a ServerError if the server ends before it is ready. */
  ready: Promise<ReadyServer>;
  /** Resolves when the server ends by itself, with its output. */
  failed: Promise<ServerError>;
  /** Asks the server to stop, waits at most 10 s, then kills it. Removes its data unless DATA_DIR is set. */
  stop(): Promise<void>;
  /** Kills the server at once. */
  kill(): void;
};

const logLineSchema = z.object({ msg: z.string(), level: z.number() });
const readyLineSchema = z.object({
  msg: z.string().startsWith('Pressrun is ready'),
  url: z.url(),
  provider: z.string(),
});

/**
 * Starts Pressrun as a process of its own on a free port, with this process's environment, on fresh data
 * unless DATA_DIR is set.
 *
 * @param report is called with each step of the start.
 */
export async function launchServer(report: (line: string) => void): Promise<ServerProcess> {
  // oxlint-disable-next-line node/no-process-env -- handed on to the server, which parses it
  const environment = process.env;
  const ownFolder =
    (environment['DATA_DIR'] ?? '') === '' ? await mkdtemp(join(tmpdir(), 'pressrun-demo-')) : undefined;
  const entry = fileURLToPath(new URL('../main.js', import.meta.url));
  const child = spawn(process.execPath, [...v8Flags, entry], {
    env: {
      // A secret that nobody has to keep is no news.
      ...(ownFolder === undefined ? {} : { JWT_SECRET: randomBytes(32).toString('hex') }),
      ...environment,
      ...(ownFolder === undefined ? {} : { DATA_DIR: ownFolder }),
      PORT: '0',
      // Its ready line is on this level.
      LOG_LEVEL: 'info',
    },
    // Ctrl-C is for this process alone, which first reads what is there.
    detached: true,
    // When this process ends, even by a kill, the channel closes and the server stops.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const closed = Promise.withResolvers<void>();
  const said: string[] = [];
  const { promise: ready, resolve, reject } = Promise.withResolvers<ReadyServer>();
  const failure = Promise.withResolvers<ServerError>();
  let isReady = false;
  let isStopping = false;

  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('a server was started without its output');
  createInterface(stderr).on('line', (line) => said.push(line));
  createInterface(stdout).on('line', (line) => {
    const entry = parseJson(line);
    const readyLine = readyLineSchema.safeParse(entry).data;
    const logLine = logLineSchema.safeParse(entry).data;
    if (logLine === undefined) return;
    if (logLine.level >= errorLevel) said.push(logLine.msg);
    if (readyLine !== undefined) resolve(readyLine);
    isReady ||= readyLine !== undefined;
    if (!isReady) report(logLine.msg);
  });
  const end = (how: string) => {
    const words = said.slice(-linesTold).join('\n');
    const error = new ServerError(`The server ended (${how})${words === '' ? '.' : `:\n${words}`}`);
    reject(error);
    if (!isStopping) failure.resolve(error);
    closed.resolve();
  };
  child.on('close', (code, signal) => end(signal ?? `exit code ${code}`));
  // The process did not start, so no `close` follows.
  child.on('error', (error) => end(error.message));
  // `failed` resolves too. There may be no caller waiting for this promise any more.
  ready.catch(() => undefined);

  // However this process ends, it leaves no server and no data behind.
  const leaveNothing = () => {
    child.kill('SIGKILL');
    if (ownFolder !== undefined) rmSync(ownFolder, { recursive: true, force: true });
  };
  process.once('exit', leaveNothing);

  return {
    ready,
    failed: failure.promise,
    async stop() {
      isStopping = true;
      const overdue = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
      child.kill('SIGTERM');
      await closed.promise;
      clearTimeout(overdue);
      process.removeListener('exit', leaveNothing);
      if (ownFolder !== undefined) await rm(ownFolder, { recursive: true, force: true });
    },
    kill: () => child.kill('SIGKILL'),
  };
}

/** Of pino. */
const errorLevel = 50;

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
