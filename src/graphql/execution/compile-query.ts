import { setFlagsFromString } from 'node:v8';
import {
  BREAK,
  execute,
  getVariableValues,
  Kind,
  valueFromASTUntyped,
  visit,
  type ASTNode,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import type { CompiledQuery } from 'graphql-jit';
import { lazily } from '../../domain/lazily.ts';

/** Runs an operation. */
export type RunOperation = (args: ExecutionArgs) => ExecutionResult | Promise<ExecutionResult>;

/** Compiling takes milliseconds and memory: it is for queries that come again. */
const runsBeforeCompiling = 3;

/** How long a query that failed is left to graphql-js: while the database is away, nobody is to ask it everything twice. */
const restMs = 1_000;

/** Loaded with the first query that comes again: 6 MB. */
const graphqlJit = lazily(() => {
  // V8 would keep the code of each query, 35 KB, long after the query itself is gone.
  setFlagsFromString('--no-compilation-cache');
  return import('graphql-jit');
});

/**
 * Runs a valid query: the first times by graphql-js, then compiled by graphql-jit. An answer with errors always
 * comes from graphql-js, which runs the query again: its errors are the ones that clients are promised, and
 * reading twice changes nothing. Variables that graphql-js refuses never reach the code, nor do queries that are not plain.
 */
export function compileQuery(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): RunOperation {
  if (!isPlain(document)) return execute;
  const definitions = operation.variableDefinitions ?? [];
  // Given to the code as if the client had sent them: it would not read those of our scalars.
  const defaults = Object.fromEntries(
    definitions.flatMap(({ variable, defaultValue }) =>
      defaultValue === undefined ? [] : [[variable.name.value, valueFromASTUntyped(defaultValue)]],
    ),
  );
  let runs = 0;
  let restsUntil = 0;
  let query: CompiledQuery['query'] | undefined;

  return async (args) => {
    const { rootValue, contextValue } = args;
    runs += 1;
    if (runs < runsBeforeCompiling) return execute(args);
    if (runs === runsBeforeCompiling) {
      const jit = await graphqlJit();
      const compiled = jit.compileQuery(schema, document, operation.name?.value, {
        disablingCapturingStackErrors: true,
      });
      if (jit.isCompiledQuery(compiled)) ({ query } = compiled);
    }
    const variables = { ...defaults, ...args.variableValues };
    if (
      query === undefined ||
      performance.now() < restsUntil ||
      // Null in the place of a default may stand where null is an error, which graphql-jit does not notice.
      Object.keys(defaults).some((name) => variables[name] === null) ||
      'errors' in getVariableValues(schema, definitions, args.variableValues ?? {}, { maxErrors: 1 })
    )
      return execute(args);
    const result: ExecutionResult = await query(rootValue, contextValue, variables);
    if (result.errors === undefined) return result;
    restsUntil = performance.now() + restMs;
    return execute(args);
  };
}

/**
 * Whether a document holds nothing that graphql-jit gets wrong:
 *
 * - text, which it puts into its code: some of it would run as code, and dates would be text;
 * - conditions, which one use of a fragment would pass on to the others;
 * - variables within objects and lists, which would be null where they are absent;
 * - aliases with an underscore: it names what it keeps of a field by its path, joined by underscores;
 * - the name `__proto__`, which would set a prototype.
 */
function isPlain(document: DocumentNode): boolean {
  let isPlainSoFar = true;
  const refuse = () => {
    isPlainSoFar = false;
    return BREAK;
  };
  visit(document, {
    StringValue: refuse,
    Directive: refuse,
    Variable: (_node, _key, parent) => (isWholeValue(parent) ? undefined : refuse()),
    Field: ({ alias }) => (alias?.value.includes('_') === true ? refuse() : undefined),
    Name: ({ value }) => (value === '__proto__' ? refuse() : undefined),
  });
  return isPlainSoFar;
}

function isWholeValue(parent: ASTNode | readonly ASTNode[] | undefined): boolean {
  return (
    parent !== undefined &&
    'kind' in parent &&
    (parent.kind === Kind.ARGUMENT || parent.kind === Kind.VARIABLE_DEFINITION)
  );
}
