import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// What was compiled at the last start is not compiled again, nor are types stripped: that takes half of a start, and
// memory that stays. This file is JavaScript as it is, or the stripper would be loaded for it alone. Where the folder
// cannot be written, every start is like the first one.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/pressrun/compiled', import.meta.url)));
const { requireV8Flags } = await import('./start/v8-flags.ts');
requireV8Flags();
await import('./start/prewarm.ts');
try {
  await import('./start/command.ts');
} catch (error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND' || !error.message.includes('/generated/')) throw error;
  process.stderr.write(
    'Generated code is missing, as npm ci was run without its scripts. Run: npm run generate\n',
  );
  process.exitCode = 1;
}
