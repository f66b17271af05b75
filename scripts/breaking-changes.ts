import { ChangeType, CriticalityLevel, DiffRule, diff, type Rule } from '@graphql-inspector/core';
import {
  buildSchema,
  getNamedType,
  isEnumType,
  isInterfaceType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql';

/**
 * Finds what would break a client that works today. Fields may be added, and those that are deprecated may go.
 *
 * @param before the SDL of the schema that clients know.
 * @param after the SDL of the new one.
 * @returns a sentence about each change that breaks one.
 */
export async function breakingChanges(before: string, after: string): Promise<string[]> {
  const changes = await diff(buildSchema(before), buildSchema(after), [
    DiffRule.suppressRemovalOfDeprecatedField,
    narrowedOutput,
  ]);
  return changes
    .filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking)
    .map(({ message }) => message);
}

/**
 * Codes that were a String may become an enum, and numbers and texts a scalar of their own: neither the JSON of an answer
 * nor a document that asks for the field changes. Inputs may not: documents declare the types of their variables.
 */
const narrowedOutput: Rule = ({ changes, oldSchema, newSchema }) =>
  changes.filter(({ type, path = '' }) => {
    if (type !== ChangeType.FieldTypeChanged) return true;
    const [before, after] = [oldSchema, newSchema].map((schema) => typeOf(schema, path));
    return before === undefined || after === undefined || !isNarrowed(before, after);
  });

function isNarrowed(before: GraphQLOutputType, after: GraphQLOutputType): boolean {
  const [old, now] = [getNamedType(before), getNamedType(after)];
  // Lists and non-null stay as they are.
  if (String(after) !== String(before).replace(old.name, now.name)) return false;
  const isOwnScalar = isScalarType(now) && !isSpecifiedScalarType(now);
  return old.name === 'String' ? isOwnScalar || isEnumType(now) : old.name === 'Float' && isOwnScalar;
}

function typeOf(schema: GraphQLSchema | null, path: string): GraphQLOutputType | undefined {
  const [typeName = '', fieldName = ''] = path.split('.');
  const type = schema?.getType(typeName);
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[fieldName]?.type : undefined;
}
