import { copyFile, readFile } from 'node:fs/promises';
import { commandLine } from '../src/command-line.ts';
import { breakingChanges } from './breaking-changes.ts';

const released = 'test/release/schema.graphql';

const { release } = commandLine('npm run check:schema')
  .description(
    `Compares schema.graphql with ${released}, the schema of the last release. Exits 1 if a client that works today
would break. Fields may be added. One that goes is deprecated in one released schema before it is missing in the next.`,
  )
  .option(
    '--release',
    "makes today's schema the one to compare with; run it with a release (npm run schema:release)",
  )
  .parse()
  .opts();

if (release) {
  await copyFile('schema.graphql', released);
} else {
  const read = (file: string) => readFile(file, 'utf8');
  const breaking = await breakingChanges(await read(released), await read('schema.graphql'));
  for (const message of breaking) process.stderr.write(`breaks clients: ${message}\n`);
  if (breaking.length > 0) {
    process.stderr.write('Keep what there was and mark it @deprecated; see docs/api.md, Deprecation.\n');
    process.exitCode = 1;
  }
}
