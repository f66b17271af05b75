import { copyFile, readFile } from 'node:fs/promises';
import { ChangeType, CriticalityLevel, DiffRule, diff, type Rule } from '@graphql-inspector/core';
import {
  buildSchema,
  getNamedType,
  isInterfaceType,
  isLeafType,
  isNonNullType,
  isObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql';
import { commandLine } from '../src/command-line.ts';

const released = 'test/release/schema.graphql';

/**
 * Codes that were a String may become an enum, and numbers and texts a scalar of their own: neither the JSON of an answer
 * nor a document that asks for the field changes. Inputs may not: documents declare the types of their variables.
 */
const narrowedOutput: Rule = ({ changes, oldSchema, newSchema }) =>
  changes.filter(({ type, path = '' }) => {
    if (type !== ChangeType.FieldTypeChanged) return true;
    const [before, after] = [oldSchema, newSchema].map((schema) => typeOf(schema, path));
    if (before === undefined || after === undefined) return true;
    const isPlain = ['String', 'Float'].includes(getNamedType(before).name);
    const isNullableAlike = isNonNullType(before) === isNonNullType(after);
    return !(isPlain && isNullableAlike && isLeafType(getNamedType(after)));
  });

function typeOf(schema: GraphQLSchema | null, path: string): GraphQLOutputType | undefined {
  const [typeName = '', fieldName = ''] = path.split('.');
  const type = schema?.getType(typeName);
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[fieldName]?.type : undefined;
}

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
  const read = async (file: string) => buildSchema(await readFile(file, 'utf8'));
  const changes = await diff(await read(released), await read('schema.graphql'), [
    DiffRule.suppressRemovalOfDeprecatedField,
    narrowedOutput,
  ]);
  const breaking = changes.filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking);
  for (const { message } of breaking) process.stderr.write(`breaks clients: ${message}\n`);
  if (breaking.length > 0) {
    process.stderr.write('Keep what there was and mark it @deprecated; see docs/api.md, Deprecation.\n');
    process.exitCode = 1;
  }
}
