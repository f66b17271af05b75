/**
 * Flags that make V8 use less memory for no more CPU (docs/performance.md). They must be set when a process begins, because
 * V8 lays out its heap before any code runs.
 */
export const v8Flags: readonly string[] = [
  '--no-maglev',
  '--no-allocation-site-pretenuring',
  '--no-parallel-scavenge',
  '--max-semi-space-size=8',
  '--heap-growing-percent=20',
];

/**
 * Replaces this process by one with the missing flags, with the same process id, arguments, environment, input and output.
 * Returns if no flag is missing, if the process has a channel to its parent, which would be lost, or on Windows.
 */
export function requireV8Flags(): void {
  const missing = v8Flags.filter((flag) => !process.execArgv.includes(flag));
  if (missing.length === 0 || process.channel !== undefined) return;
  process.execve?.(process.execPath, [
    process.execPath,
    ...missing,
    ...process.execArgv,
    ...process.argv.slice(1),
  ]);
}
