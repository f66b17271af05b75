/**
 * What V8 runs with: less memory for no more CPU. Each flag's effect stands in docs/performance.md. V8 lays out its heap
 * before any code runs, so they must be there when a process begins.
 */
export const v8Flags: readonly string[] = [
  '--no-maglev',
  '--no-allocation-site-pretenuring',
  '--no-parallel-scavenge',
  '--max-semi-space-size=8',
  '--heap-growing-percent=20',
];

/**
 * Starts this process again with the flags that it lacks: the same process id, arguments, environment, input and output.
 * Returns when it has them, when it could not keep the channel to its parent, or when the platform cannot (Windows).
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
