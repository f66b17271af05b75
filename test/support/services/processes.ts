import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { sep } from 'node:path';

export interface ProcessStatus {
  /** One letter of proc(5): R running, S sleeping, T stopped, Z ended but not yet collected … */
  readonly state: string;
  /** When it started, in clock ticks since boot: with the pid it names one process for ever. */
  readonly startTicks: string;
}

/** What the kernel says of a process, or undefined if there is none with this pid. */
export function processStatus(pid: number): ProcessStatus | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (stat === undefined) return undefined;
  // The program's name comes before these fields, in brackets, and may itself hold blanks and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTicks] = [fields[0], fields[19]];
  return state === undefined || startTicks === undefined ? undefined : { state, startTicks };
}

/** Whether the process that had this pid and start still runs. One that ended but was not yet collected does not. */
export function isAlive(pid: number, startTicks: string): boolean {
  const status = processStatus(pid);
  return status !== undefined && status.startTicks === startTicks && status.state !== 'Z';
}

/**
 * The pids of the processes that run the program `binary` (a real path) and whose working folder is `folder` or below.
 *
 * Both are read from the kernel: command lines would not do, since Redis and the Postgres backends rewrite theirs. A
 * shell or an editor that somebody opened in the folder runs another program, so it is never taken for ours.
 */
export function processesIn(folder: string, binary: string): number[] {
  const inside = `${folder}${sep}`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const workingFolder = attempt(() => readlinkSync(`/proc/${pid}/cwd`));
      if (workingFolder === undefined || !`${workingFolder}${sep}`.startsWith(inside)) return false;
      return attempt(() => readlinkSync(`/proc/${pid}/exe`)) === binary;
    });
}

/** Sends a signal; a process that has ended meanwhile is no error. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  attempt(() => process.kill(pid, signal));
}

/** A process can end between any two looks at it, so failing to look means that it is gone. */
function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
