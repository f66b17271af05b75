import { copyFile, readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { CriticalityLevel, DiffRule, diff } from '@graphql-inspector/core';
import { buildSchema } from 'graphql';

const { values } = parseArgs({ options: { help: { type: 'boolean' }, release: { type: 'boolean' } } });

const released = 'test/release/schema.graphql';

if (values.help) {
  process.stdout.write(`Compares schema.graphql with ${released}, the schema of the last release.

  npm run check:schema       exits 1 if a client that works today would break
  npm run schema:release     makes today's schema the one to compare with; run it with a release

Fields may be added. One that goes is deprecated in one released schema before it is missing in the next.
`);
} else if (values.release) {
  await copyFile('schema.graphql', released);
} else {
  const read = async (file: string) => buildSchema(await readFile(file, 'utf8'));
  const changes = await diff(await read(released), await read('schema.graphql'), [
    DiffRule.suppressRemovalOfDeprecatedField,
  ]);
  const breaking = changes.filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking);
  for (const { message } of breaking) process.stderr.write(`breaks clients: ${message}\n`);
  if (breaking.length > 0) {
    process.stderr.write('Keep what there was and mark it @deprecated; see docs/api.md, Deprecation.\n');
    process.exitCode = 1;
  }
}
