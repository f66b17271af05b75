import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql';

export type Operation = { query: string; variables: Record<string, unknown>; operationName?: string };

const encoded = (text: string) => Buffer.from(text).toString('base64url');

/** Strings that have broken something somewhere, and some that are right. */
const hostileStrings = [
  '',
  ' ',
  'a',
  '\0',
  'a\0b',
  '\ud800',
  '\u202e',
  '💥'.repeat(50),
  'x'.repeat(5_000),
  "' OR 1=1 --",
  '"; DROP TABLE users; --',
  '$(id)',
  '{{7*7}}',
  '<script>alert(1)</script>',
  '__proto__',
  'constructor',
  '../../../etc/passwd',
  'null',
  'NaN',
  '-1',
  '9007199254740993',
  'fuzz@example.com',
  'correct horse',
  '2026-11-22T09:30:00.000Z',
  '0000-01-01T00:00:00.000Z',
  `2026-11-22T09:30:00.${'1'.repeat(2_000)}Z`,
  '9'.repeat(2_000),
  encoded('Batch:aaaaaaaa-aaaaaaaaaaaaaaaaaaaaaaaaaaa'),
  '+275760-09-13T00:00:00.000Z',
  '-271821-04-20T00:00:00.000Z',
  'en',
  'VXNlcjo=',
];
const hostileNumbers = [0, -0, 1, 2, -1, 0.5, 101, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 53, 1e308, -1e-308];

/** As deep as `JSON.stringify` has a stack for. */
const deep: unknown = JSON.parse(`${'['.repeat(2_000)}${']'.repeat(2_000)}`);

/**
 * Makes operations out of a schema: any field, any depth, hostile values, now and then a broken document.
 *
 * @param random from 0 to 1.
 * @param ids of things that are there, so that some values are right.
 */
export function createGenerator(schema: GraphQLSchema, random: () => number, ids: readonly string[]) {
  const pick = <T>(list: readonly T[]): T => {
    const picked = list[Math.floor(random() * list.length)];
    if (picked === undefined) throw new Error('nothing to pick from');
    return picked;
  };
  const chance = (share: number) => random() < share;

  function value(type: GraphQLInputType, depth = 0): unknown {
    if (chance(0.05)) return pick([null, true, 1, 'text', [], {}, [[]], { a: { b: 1 } }, deep]);
    if (isNonNullType(type)) return value(type.ofType, depth);
    if (chance(0.1)) return null;
    if (isListType(type)) {
      const length = pick([0, 1, 2, 3, 150]);
      return Array.from({ length }, () => value(type.ofType, depth + 1));
    }
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields())
        .filter((field) => isNonNullType(field.type) || chance(0.5))
        .map((field) => [field.name, value(field.type, depth + 1)]);
      return { ...Object.fromEntries(fields), ...(chance(0.03) ? JSON.parse('{"__proto__":1}') : {}) };
    }
    if (isEnumType(type)) return chance(0.1) ? 'NO_SUCH_VALUE' : pick(type.getValues()).name;
    if (type.name === 'ID') return pick([...ids, ...ids, ...hostileStrings]);
    if (type.name === 'Int' || type.name === 'Float') return pick(hostileNumbers);
    if (type.name === 'Boolean') return chance(0.5);
    return pick(hostileStrings);
  }

  /** Arguments by variables, declared with their own types. */
  function argumentsOf(args: readonly GraphQLArgument[], operation: Operation, declared: string[]): string {
    const given = args
      .filter((arg) => isNonNullType(arg.type) || chance(0.4))
      .map((arg) => {
        const name = `v${declared.length}`;
        declared.push(`$${name}: ${String(arg.type)}`);
        operation.variables[name] = value(arg.type);
        return `${arg.name}: $${name}`;
      });
    return given.length === 0 ? '' : `(${given.join(', ')})`;
  }

  function selection(
    type: GraphQLCompositeType,
    operation: Operation,
    declared: string[],
    depth: number,
  ): string {
    const target = isAbstractType(type) ? pick(schema.getPossibleTypes(type)) : type;
    const fields = isObjectType(target) ? Object.values(target.getFields()) : [];
    const parts = fields
      .filter(() => chance(0.5))
      .flatMap((field) => {
        const inner = getNamedType(field.type);
        const args = argumentsOf(field.args, operation, declared);
        if (!isCompositeType(inner)) return [field.name];
        return depth > 5 ? [] : [`${field.name}${args} ${selection(inner, operation, declared, depth + 1)}`];
      });
    const body = ['__typename', ...parts].join(' ');
    return isAbstractType(type) ? `{ __typename ... on ${target.name} { ${body} } }` : `{ ${body} }`;
  }

  /** Leaves something out, doubles it, or puts something in between. */
  function damaged(query: string): string {
    const at = Math.floor(random() * query.length);
    return pick([
      query.slice(0, at),
      query.slice(0, at) + query.slice(at + 1),
      query.slice(0, at) +
        pick(['{', '}', '(', '"', '$', '@', '...', '\0', '#', '"""', '!']) +
        query.slice(at),
      query + query,
    ]);
  }

  return (): Operation => {
    const kind = pick(['query', 'query', 'mutation'] as const);
    const root = kind === 'query' ? schema.getQueryType() : schema.getMutationType();
    const operation: Operation = { query: '', variables: {} };
    const declared: string[] = [];
    const fields = Array.from({ length: pick([1, 1, 2, 3]) }, (_, place) => {
      const field = pick(Object.values(root?.getFields() ?? {}));
      const type = getNamedType(field.type);
      const args = argumentsOf(field.args, operation, declared);
      return `f${place}: ${field.name}${args} ${isCompositeType(type) ? selection(type, operation, declared, 0) : ''}`;
    });
    const header = declared.length === 0 ? '' : `(${declared.join(', ')})`;
    const query = `${kind} ${header} { ${fields.join(' ')} }`;
    return { ...operation, query: chance(0.1) ? damaged(query) : query };
  };
}
