import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** The kernel's tick for times of processes, in milliseconds. */
const tickMs = 10;
/** See proc(5), clear_refs. */
const resetPeak = '5';

/** User and system time that a process has used until now, in ms, by the kernel's own count: the same for every kind of server. */
export function cpuMsOf(pid: number): number {
  return cpuMsIn(`/proc/${pid}/stat`);
}

/** The same without that of the threads of this name. One that has ended counts. @param name at most 15 characters. */
export function cpuMsBeside(pid: number, name: string): number {
  const tasks = `/proc/${pid}/task`;
  const named = readdirSync(tasks).filter(
    (id) => readFileSync(`${tasks}/${id}/comm`, 'utf8').trim() === name,
  );
  return named.reduce((ms, id) => ms - cpuMsIn(`${tasks}/${id}/stat`), cpuMsOf(pid));
}

function cpuMsIn(path: string): number {
  const stat = readFileSync(path, 'utf8');
  // Behind the name, which may hold spaces, utime and stime are the 12th and 13th field.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}

/** Resident memory now, in MB. */
export function residentMbOf(pid: number): number {
  return statusMb(pid, 'VmRSS');
}

/** The most resident memory since the peak was last reset, in MB. */
export function peakMbOf(pid: number): number {
  return statusMb(pid, 'VmHWM');
}

/** Sets the kernel's record of the peak back to what is resident now. */
export function resetPeakOf(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, resetPeak);
}

function statusMb(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
}
