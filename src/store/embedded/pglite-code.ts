import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';

let compiling: Promise<WebAssembly.Module> | undefined;

/**
 * Compiles PostgreSQL's WebAssembly once. Another core does the work, so a start calls this first (start/prewarm.ts).
 */
export function pgliteCode(): Promise<WebAssembly.Module> {
  compiling ??= compile();
  return compiling;
}

function compile(): Promise<WebAssembly.Module> {
  // V8's optimising compiler would take half a gigabyte for PostgreSQL's code (docs/performance.md). Both flags are needed.
  setFlagsFromString('--no-wasm-tier-up --no-wasm-dynamic-tiering');
  return WebAssembly.compile(
    readFileSync(new URL('pglite.wasm', import.meta.resolve('@electric-sql/pglite'))),
  );
}
