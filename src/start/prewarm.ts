import { processEnvironment } from '../config/environment.ts';
import { pgliteCode } from '../store/embedded/pglite-code.ts';

// Done by another core while this one loads everything else. The caller who needs the result is told of a failure.
compileAhead().catch(() => undefined);

async function compileAhead(): Promise<void> {
  if (!processEnvironment()['DATABASE_URL']) await pgliteCode();
}
