/**
 * Flags that make V8 use less than half of the memory, for some CPU (docs/performance.md). They stand on the command line,
 * in `npm start` and wherever else the server is started, because V8 lays out its heap before any code runs.
 */
export const v8Flags: readonly string[] = [
  '--no-allocation-site-pretenuring',
  '--max-semi-space-size=8',
  '--heap-growing-percent=20',
];
