import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// What was compiled at the last start is not compiled again, nor are its types stripped: half the time of a start,
// and the memory that the compiler takes. Where the folder cannot be written, it starts as ever.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/pressrun/compiled', import.meta.url)));
await import('./command.ts');
