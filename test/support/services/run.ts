import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Account } from './account.ts';

const execFileAsync = promisify(execFile);

export interface RunOptions {
  readonly cwd?: string;
  /** The account to run as; only root can give one other than its own. */
  readonly account?: Account | undefined;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
}

/** Runs a program to its end and gives what it wrote on stdout. Rejects, with its stderr, when it fails. */
export async function run(
  command: string,
  args: readonly string[],
  { cwd, account, env, timeoutMs = 60_000 }: RunOptions = {},
): Promise<string> {
  const { stdout } = await execFileAsync(command, args, {
    encoding: 'utf8',
    timeout: timeoutMs,
    maxBuffer: 16 * 1024 * 1024,
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
    ...account,
  });
  return stdout;
}
