import { readFileSync } from 'node:fs';

let compiling: Promise<WebAssembly.Module> | undefined;

/**
 * Compiles PostgreSQL's WebAssembly once. Another core does the work, so a start calls this first (start/prewarm.ts).
 */
export function pgliteCode(): Promise<WebAssembly.Module> {
  compiling ??= WebAssembly.compile(
    readFileSync(new URL('pglite.wasm', import.meta.resolve('@electric-sql/pglite'))),
  );
  return compiling;
}
