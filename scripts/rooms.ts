import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { commandLine } from '../src/command-line.ts';

commandLine('npm run check:imports')
  .description('Checks what modules import, and how full folders are.')
  .parse();

/** What no linter looks for: folders that hold too much, and names of pg-boss' tables outside `src/store/jobs/`. */

const maxFiles = 14;

const files = readdirSync('src', { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => join(parentPath, name))
  .filter((path) => !path.includes('/generated/'));

const full = [...Map.groupBy(files, dirname)]
  .filter(([, inside]) => inside.length > maxFiles)
  .map(([folder, inside]) => `${folder} has ${inside.length} files: give some of them a folder of their own`);

const strangers = files
  .filter((path) => !path.startsWith('src/store/jobs/') && /\bpgboss\./.test(readFileSync(path, 'utf8')))
  .map((path) => `${path} names a table of pg-boss: only src/store/jobs/ may`);

for (const fault of [...full, ...strangers]) {
  process.stderr.write(`${fault}\n`);
  process.exitCode = 1;
}
