import { processEnvironment } from '../config/environment.ts';
import { pgliteCode } from '../store/embedded/pglite-code.ts';

// What another core can do while this one loads everything else. What goes wrong with it, who needs it is told.
compileAhead().catch(() => undefined);

async function compileAhead(): Promise<void> {
  if (!processEnvironment()['DATABASE_URL']) await pgliteCode();
}
