import { processEnvironment } from './config.ts';
import { pgliteCode } from './store/pglite-code.ts';

// What another core can do while this one loads everything else.
if (!processEnvironment()['DATABASE_URL']) void pgliteCode();
