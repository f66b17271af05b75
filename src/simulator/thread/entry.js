import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// A thread keeps its compiled code for itself; main.js says why.
enableCompileCache(fileURLToPath(new URL('../../../node_modules/.cache/pressrun/compiled', import.meta.url)));
await import('./run.ts');
