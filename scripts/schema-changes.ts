import { copyFile, readFile } from 'node:fs/promises';
import { CriticalityLevel, DiffRule, diff } from '@graphql-inspector/core';
import { buildSchema } from 'graphql';
import { commandLine } from '../src/command-line.ts';

const landed = 'test/release/schema.graphql';

const { land } = commandLine('npm run check:schema')
  .description(
    `Compares schema.graphql with ${landed}, the schema that clients were last given. Exits 1 where a client that works today
would break. Fields may come. One that goes is deprecated in one landed schema before it is missing in the next.`,
  )
  .option(
    '--land',
    "makes today's schema the one to compare with: when a version is released (npm run schema:land)",
  )
  .parse()
  .opts();

if (land) {
  await copyFile('schema.graphql', landed);
} else {
  const read = async (file: string) => buildSchema(await readFile(file, 'utf8'));
  const changes = await diff(await read(landed), await read('schema.graphql'), [
    DiffRule.suppressRemovalOfDeprecatedField,
  ]);
  const breaking = changes.filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking);
  for (const { message } of breaking) process.stderr.write(`breaks clients: ${message}\n`);
  if (breaking.length > 0) {
    process.stderr.write('Keep what there was and mark it @deprecated; see docs/api.md, Deprecation.\n');
    process.exitCode = 1;
  }
}
