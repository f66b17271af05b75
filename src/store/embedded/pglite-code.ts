import { readFileSync } from 'node:fs';

let compiling: Promise<WebAssembly.Module> | undefined;

/**
 * PostgreSQL as WebAssembly. It is compiled by another core, while this one loads modules: so the first thing of a start
 * is to ask for it.
 */
export function pgliteCode(): Promise<WebAssembly.Module> {
  compiling ??= WebAssembly.compile(
    readFileSync(new URL('pglite.wasm', import.meta.resolve('@electric-sql/pglite'))),
  );
  return compiling;
}
