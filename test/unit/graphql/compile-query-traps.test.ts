import {
  execute,
  getOperationAST,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
  parse,
  type GraphQLResolveInfo,
} from 'graphql';
import { expect, it, vi } from 'vitest';
import { createCompiler } from '../../../src/graphql/compiler/compile-query.ts';

const Day = new GraphQLScalarType({
  name: 'Day',
  coerceInputValue: (value) => new Date(String(value)),
  coerceInputLiteral: (node) => new Date('value' in node ? String(node.value) : ''),
});
const Filter = new GraphQLInputObjectType({
  name: 'Filter',
  fields: { words: { type: GraphQLString }, days: { type: new GraphQLList(Day) } },
});
const Tree: GraphQLObjectType = new GraphQLObjectType({
  name: 'Tree',
  fields: () => ({
    name: { type: GraphQLString, resolve: () => 'oak' },
    tree: { type: Tree, resolve: selected },
    asked: { type: GraphQLString },
  }),
});
const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: 'Query',
    fields: {
      tree: { type: Tree, resolve: selected },
      said: {
        type: GraphQLString,
        args: {
          filter: { type: Filter },
          words: { type: GraphQLString },
          day: { type: Day },
          counts: { type: new GraphQLList(new GraphQLNonNull(GraphQLInt)) },
        },
        resolve: (_root, args: Record<string, unknown>) =>
          JSON.stringify({ ...args, isDate: args['day'] instanceof Date }),
      },
    },
  }),
});

/** Tells what is asked of it, as resolvers do that read only the columns they need. */
function selected(_row: unknown, _args: unknown, _context: unknown, info: GraphQLResolveInfo) {
  const selections = info.fieldNodes[0]?.selectionSet?.selections ?? [];
  return { asked: selections.map((one) => ('name' in one ? one.name?.value : one.kind)).join() };
}

const runner = (text: string, name?: string) => {
  const document = parse(text);
  const operation = getOperationAST(document, name);
  if (operation == null) throw new Error('a document without an operation');
  return { document, run: createCompiler(schema)(document, operation) };
};

it.each<[string, string, Record<string, unknown>?]>([
  [
    'a fragment that is used with a condition and without',
    'query($c: Boolean!) { a: tree { ...F @include(if: $c) } b: tree { ...F } } fragment F on Tree { name }',
    { c: false },
  ],
  [
    'a fragment that is spread twice in one place',
    'query($c: Boolean!) { tree { ...F @include(if: $c) ...F } } fragment F on Tree { name }',
    { c: false },
  ],
  ['a variable in an object that is absent', 'query($w: String) { said(filter: { words: $w }) }'],
  ['a list in the place of an object', 'query($f: Filter) { said(filter: $f) }', { f: [] }],
  ['one value in the place of a list', 'query($n: [Int!]) { said(counts: $n) }', { n: 3 }],
  ['a date that is written in the query', '{ said(day: "2026-01-02") }'],
  ['a date as the default of a variable', 'query($d: Day = "2026-01-02") { said(day: $d) }'],
  ['a date in an object', 'query($f: Filter) { said(filter: $f) }', { f: { days: ['2026-01-02'] } }],
  ['a default of a variable', 'query($n: [Int!] = [1, 2]) { said(counts: $n) }'],
  [
    'aliases that look like paths',
    '{ a: tree { b: tree { asked } } a_b: tree { name asked } b_a: tree { tree { name } name asked } }',
  ],
])('a compiled query answers as graphql-js does: %s', async (_what, text, variableValues = {}) => {
  const { document, run } = runner(text);
  const args = { schema, document, variableValues };
  const expected = JSON.stringify(await execute(args));

  await run(args);
  await run(args);

  expect(JSON.stringify(await run(args))).toBe(expected);
});

it('no operation of a document is subject to the conditions of another one', async () => {
  const document = parse(
    'query A($c: Boolean!) { tree { ...F @include(if: $c) } } query B { tree { ...F } } fragment F on Tree { name }',
  );
  const runnerOf = (name: string) => {
    const operation = getOperationAST(document, name);
    if (operation == null) throw new Error('no such operation');
    const run = createCompiler(schema)(document, operation);
    return () => run({ schema, document, operationName: name, variableValues: { c: true } });
  };
  const [first, second] = [runnerOf('A'), runnerOf('B')];
  for (let time = 0; time < 3; time += 1) await first();
  for (let time = 0; time < 3; time += 1) await second();

  expect(await second()).toEqual({ data: { tree: { name: 'oak' } } });
});

it('text of a query is never run as code', async () => {
  const ran = vi.fn<() => void>();
  vi.stubGlobal('ranAsCode', ran);
  const texts = ['ranAsCode()', '\\"); ranAsCode(); (\\"', '${ranAsCode()}', '*/ ranAsCode() /*'];
  for (const text of texts) {
    const { document, run } = runner(`{ said(words: "${text}") }`);
    for (let time = 0; time < 4; time += 1) await run({ schema, document });
  }

  expect(ran).not.toHaveBeenCalled();
  vi.unstubAllGlobals();
});
