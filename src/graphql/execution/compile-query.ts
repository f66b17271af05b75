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

/** Executes an operation. */
export type RunOperation = (args: ExecutionArgs) => ExecutionResult | Promise<ExecutionResult>;

/** Compiling takes milliseconds and memory, so only repeated queries are compiled. */
const runsBeforeCompiling = 3;

/** How long graphql-js alone runs a query that failed, so that nothing is read twice while the database is down. */
const restMs = 1_000;

/** Loaded with the first query to compile, because it takes memory. */
const graphqlJit = lazily(() => {
  // V8 would keep the code of each query long after the query is dropped.
  setFlagsFromString('--no-compilation-cache');
  return import('graphql-jit');
});

/**
 * Creates the function that executes a valid query: with graphql-js at first, then compiled by graphql-jit. If a compiled
 * query returns errors, graphql-js runs it again, because clients rely on its errors. Queries have no side effects.
 * Only plain queries are compiled, and graphql-js checks their variables first.
 */
export function compileQuery(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): RunOperation {
  if (!isPlain(document)) return execute;
  const definitions = operation.variableDefinitions ?? [];
  // Passed on as if the client had sent them, because graphql-jit does not parse defaults of custom scalars.
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
      // graphql-jit does not notice a null in place of a default where null is an error.
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
 * @returns whether a document contains nothing that graphql-jit handles wrongly:
 * - strings, which it writes into its code: some would run as code, and dates would stay strings;
 * - directives, because it applies the condition of one fragment spread to the others;
 * - variables in objects and lists, because absent ones become null;
 * - aliases with an underscore, because it joins paths with underscores, so two fields could share one name;
 * - the name `__proto__`, because the code would set a prototype instead of a property.
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
