import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { z } from 'zod';

/** The last log lines of a child that are kept for the report of a failure. */
const linesKept = 30;
const readyWithinMs = 180_000;

const logLineSchema = z.object({ msg: z.string(), url: z.string().optional() });
type LogLine = z.infer<typeof logLineSchema>;

/** One process of Pressrun that may be killed, stopped and started again, under the same name and settings. */
export type Child = AsyncDisposable & {
  readonly name: string;
  /** Address of GraphQL; changes with every start. */
  url(): string;
  isReady(): boolean;
  /** Starts it and waits until it says that it is ready. */
  start(): Promise<void>;
  /** Sends a signal at once. @throws where it does not run. */
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL now; resolves when the process is gone. */
  kill(): Promise<void>;
  /** How often it has logged this message in all its lives. */
  countOf(message: string): number;
  /** The end of its log. */
  tail(): string;
};

/**
 * @param env settings of this child; nothing of the harness's own environment but PATH goes along.
 * @param program what it runs.
 */
export function createChild(name: string, env: Record<string, string>, program = 'src/main.js'): Child {
  let current: ChildProcess | undefined;
  let url = '';
  let ready = false;
  const counts = new Map<string, number>();
  const tail: string[] = [];

  function hear(line: string): LogLine | undefined {
    tail.push(line);
    if (tail.length > linesKept) tail.shift();
    const parsed = z
      .string()
      .transform((text): unknown => parseJson(text))
      .pipe(logLineSchema)
      .safeParse(line).data;
    if (parsed !== undefined) counts.set(parsed.msg, (counts.get(parsed.msg) ?? 0) + 1);
    return parsed;
  }

  async function start(): Promise<void> {
    // The kernel ends the child with the harness, however that one ends.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', process.execPath, program], {
      env: { PATH: process.env['PATH'], PLANNING: 'off', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    current = child;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    createInterface(child.stdout).on('line', (line) => {
      const told = hear(line);
      if (told?.url === undefined) return;
      url = told.url;
      ready = true;
      resolve();
    });
    createInterface(child.stderr).on('line', hear);
    child.once('exit', (code, signal) => {
      if (current === child) ready = false;
      reject(new Error(`${name} ended (${code ?? signal}) before it was ready:\n${tail.join('\n')}`));
    });
    // A deadline: what is waited for is its address.
    const timer = setTimeout(
      () => reject(new Error(`${name} was not ready in ${readyWithinMs} ms:\n${tail.join('\n')}`)),
      readyWithinMs,
    );
    await promise.finally(() => clearTimeout(timer));
  }

  function signal(sent: NodeJS.Signals): void {
    if (current === undefined || !current.kill(sent)) throw new Error(`${name} does not run`);
  }

  async function kill(): Promise<void> {
    const child = current;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    ready = false;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  return {
    name,
    url: () => url,
    isReady: () => ready,
    start,
    signal,
    kill,
    countOf: (message) => counts.get(message) ?? 0,
    tail: () => tail.join('\n'),
    [Symbol.asyncDispose]: kill,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
