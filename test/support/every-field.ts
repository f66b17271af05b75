import {
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isListType,
  isObjectType,
  isUnionType,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';

/** One document that asks for all there is behind one top-level field, for one type that it may answer with. */
export type Probe = { selection: string; fields: ReadonlySet<string> };

/**
 * Makes, from the schema alone, the selections that reach every field behind a top-level field. Where a field may
 * answer with one of several types, there is a probe for each of them.
 *
 * @param mayBeLong whether the answer may have lists without a page within objects: not those of mutations, of
 * subscriptions and of many objects at once.
 */
export function probesOf(
  schema: GraphQLSchema,
  field: GraphQLField<unknown, unknown>,
  mayBeLong: boolean,
): Probe[] {
  const type = getNamedType(field.type);
  if (!isCompositeType(type)) return [{ selection: '', fields: new Set() }];
  const possibles = possibleTypes(schema, type);
  const mayFail = possibles.some((possible) => possible.getInterfaces().some(({ name }) => name === 'Error'));
  const failure = mayFail ? '... on Error { code }' : '';
  return possibles.map((possible) => {
    const fields = new Set<string>();
    const inner = select(possible, { path: [], isInList: false, mayBeLong }, fields);
    return {
      selection: isAbstractType(type) ? `{ __typename ${failure} ... on ${possible.name} ${inner} }` : inner,
      fields,
    };
  });
}

/** Names of all fields of all object types, such as `Batch.status`; without the top-level ones. */
export function allFields(schema: GraphQLSchema): string[] {
  const roots = new Set(['Query', 'Mutation', 'Subscription']);
  return Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type))
    .filter(({ name }) => !name.startsWith('__') && !roots.has(name))
    .flatMap((type) => Object.keys(type.getFields()).map((field) => `${type.name}.${field}`));
}

function possibleTypes(schema: GraphQLSchema, type: GraphQLCompositeType): readonly GraphQLObjectType[] {
  return isAbstractType(type) ? schema.getPossibleTypes(type) : [type];
}

type Place = {
  path: readonly string[];
  isInList: boolean;
  mayBeLong: boolean;
};

function select(
  type: GraphQLObjectType | GraphQLInterfaceType,
  { path, isInList, mayBeLong }: Place,
  fields: Set<string>,
): string {
  const parts = Object.values(type.getFields()).flatMap((field) => {
    const target = getNamedType(field.type);
    if (!isCompositeType(target)) {
      fields.add(`${type.name}.${field.name}`);
      return [field.name];
    }
    // A type that is on the path already was asked for everything there.
    if (path.includes(target.name) || isUnionType(target)) return [];
    const isPlainList = isListType(getNullableType(field.type)) && !isConnection(type.name);
    const hasSize = field.args.some(({ name }) => name === 'first');
    // Lists within lists cost more than a document may; each list is met from somewhere else.
    if (isInList && isConnection(target.name)) return [];
    if (isPlainList && !hasSize && path.some((name) => name.endsWith('Edge'))) return [];
    if (isPlainList && !mayBeLong && path.length > 0) return [];
    fields.add(`${type.name}.${field.name}`);
    const page = hasSize ? '(first: 2)' : '';
    const place = {
      path: [...path, type.name],
      isInList: isInList || isPlainList || isConnection(target.name),
      mayBeLong,
    };
    return [`${field.name}${page} ${select(target, place, fields)}`];
  });
  return `{ __typename ${parts.join(' ')} }`;
}

function isConnection(typeName: string): boolean {
  return typeName.endsWith('Connection');
}
