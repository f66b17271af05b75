import { processEnvironment } from '../config/environment.ts';
import { pgliteCode } from '../store/embedded/pglite-code.ts';

// Another core compiles while this one loads modules. Whoever needs the result gets the error.
prewarm().catch(() => undefined);

async function prewarm(): Promise<void> {
  if (!processEnvironment()['DATABASE_URL']) await pgliteCode();
}
