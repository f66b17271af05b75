import {
  execute,
  getOperationAST,
  GraphQLInt,
  GraphQLInterfaceType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  parse,
  responsePathAsArray,
  type DocumentNode,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { createCompiler } from '../../../src/graphql/compiler/compile-query.ts';
import { readsRowOnly } from '../../../src/graphql/compiler/query-code.ts';

/** Calls of resolvers that are not told to read their row only. */
let calls = 0;

const Named = new GraphQLInterfaceType({
  name: 'Named',
  fields: { name: { type: GraphQLString } },
  resolveType: (value: { kind: string }) => value.kind,
});
const Leaf = new GraphQLObjectType({
  name: 'Leaf',
  interfaces: [Named],
  fields: { name: { type: GraphQLString }, size: { type: GraphQLInt } },
});
type TreeRow = { name: string; things?: unknown[] };
const Tree = new GraphQLObjectType<TreeRow>({
  name: 'Tree',
  interfaces: [Named],
  fields: () => ({
    name: { type: GraphQLString },
    shout: {
      type: GraphQLString,
      resolve: ({ name }, ...rest: unknown[]) => `${name}! ${rest.length}`,
      extensions: { [readsRowOnly]: true },
    },
    leaves: {
      type: new GraphQLNonNull(new GraphQLList(Leaf)),
      args: { first: { type: GraphQLInt, defaultValue: 2 } },
      resolve: async (_row, { first }: { first: number }) => {
        calls += 1;
        return Array.from({ length: first }, async (_, size) => ({
          kind: 'Leaf',
          name: `leaf ${size}`,
          size,
        }));
      },
    },
    branches: {
      type: GraphQLInt,
      args: { first: { type: new GraphQLNonNull(GraphQLInt), defaultValue: 2 } },
      resolve: (_row, { first }: { first: number }) => first,
    },
    path: {
      type: GraphQLString,
      resolve: (_row, _args, _context, { path }) => {
        calls += 1;
        return responsePathAsArray(path).join('.');
      },
    },
    things: { type: new GraphQLList(Named), resolve: ({ things = [] }) => things },
    must: { type: new GraphQLNonNull(GraphQLString) },
    method: { type: GraphQLString },
    boom: {
      type: GraphQLString,
      resolve: () => {
        calls += 1;
        throw new Error('boom');
      },
    },
  }),
});
const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: 'Query',
    fields: {
      tree: { type: Tree, resolve: (tree: unknown) => tree },
      trees: { type: new GraphQLList(Tree), resolve: (tree: unknown) => [tree, tree] },
    },
  }),
  types: [Leaf],
});
const oak = {
  kind: 'Tree',
  name: 'oak',
  method: () => 'called',
  things: [{ kind: 'Leaf', name: 'l', size: 7 }],
};
const tree = { ...oak, things: [...oak.things, oak] };

function runnerOf(document: DocumentNode) {
  const operation = getOperationAST(document);
  if (operation == null) throw new Error('a document without an operation');
  return createCompiler(schema)(document, operation);
}

async function both(text: string, variableValues: Record<string, unknown> = {}) {
  const document = parse(text);
  const args = { schema, document, rootValue: tree, variableValues };
  const run = runnerOf(document);
  calls = 0;
  const expected = await execute(args);
  const callsExpected = calls;
  // The third run is the first one of the code.
  await run(args);
  await run(args);
  calls = 0;
  const found = await run(args);
  // As they are sent: byte for byte.
  return { expected: JSON.stringify(expected), found: JSON.stringify(found), calls, callsExpected };
}

describe('a compiled query answers what graphql-js does, and calls no resolver twice', () => {
  it.each<[string, string, Record<string, unknown>?]>([
    ['names, aliases and types', '{ a: __typename tree { b: name __typename name } }'],
    ['promises in lists', '{ tree { leaves(first: 3) { size name } } }'],
    ['arguments by default', '{ tree { leaves { size } } }'],
    ['arguments by variables', 'query($n: Int) { tree { leaves(first: $n) { size } } }', { n: 1 }],
    ['paths', '{ trees { path tree: leaves { name } } tree { path } }'],
    [
      'types that are found out',
      '{ tree { things { __typename name ... on Leaf { size } ... on Tree { path } } } }',
    ],
    ['fields twice', '{ tree { leaves { size } ...T } } fragment T on Tree { leaves { name } name }'],
    ['conditions', 'query($c: Boolean = true) { tree { name @skip(if: $c) shown: name @include(if: $c) } }'],
    ['what is absent', '{ tree { name: method @skip(if: true) things { name } nothing: name } }'],
  ])('%s', async (_what, text, variables) => {
    const { expected, found, calls: made, callsExpected } = await both(text, variables);
    expect(found).toBe(expected);
    expect(made).toBe(callsExpected);
  });

  it('with other conditions each time', async () => {
    const document = parse(
      'query($a: Boolean!, $b: Boolean!) { tree { name @include(if: $a) path @skip(if: $b) } }',
    );
    const run = runnerOf(document);
    const combinations = [0, 1, 2, 3].map((n) => ({ a: n % 2 === 0, b: n > 1 }));
    for (const variableValues of [combinations, combinations, combinations, combinations].flat()) {
      const args = { schema, document, rootValue: tree, variableValues };
      expect(JSON.stringify(await run(args))).toBe(JSON.stringify(await execute(args)));
    }
  });
});

describe('a compiled query leaves to graphql-js', () => {
  it.each<[string, string, Record<string, unknown>?]>([
    ['an error of a resolver', '{ tree { name boom leaves { name } } }'],
    ['an error behind a promise', '{ tree { leaves { size } } trees { boom } }'],
    ['null where there must be none', '{ tree { must name } }'],
    ['a property that is to be called', '{ tree { method } }'],
    ['a condition that is null', 'query($c: Boolean = true) { tree { name @include(if: $c) } }', { c: null }],
    [
      'an argument that is null instead of its default',
      'query($n: Int = 1) { tree { branches(first: $n) } }',
      { n: null },
    ],
    ['a name that is a prototype in code', '{ tree { __proto__: name } }'],
    ['introspection', '{ __schema { queryType { name } } tree { name } }'],
  ])('%s', async (_what, text, variables) => {
    const { expected, found } = await both(text, variables);
    expect(found).toBe(expected);
  });

  it('a variable that does not fit', async () => {
    const { expected, found } = await both('query($n: Int) { tree { leaves(first: $n) { size } } }', {
      n: 'x',
    });
    expect(found).toBe(expected);
    expect(found).toContain('"errors"');
  });
});

it('calls a resolver that reads its row only with nothing else', async () => {
  const { expected, found } = await both('{ tree { shout } }');
  expect(expected).toBe('{"data":{"tree":{"shout":"oak! 3"}}}');
  expect(found).toBe('{"data":{"tree":{"shout":"oak! 0"}}}');
});

it('does not run a query twice that has just failed', async () => {
  const document = parse('{ tree { boom } }');
  const run = runnerOf(document);
  const args = { schema, document, rootValue: tree };
  for (let time = 0; time < 3; time += 1) await run(args);
  calls = 0;
  await run(args);

  expect(calls).toBe(1);
});
