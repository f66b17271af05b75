import { setFlagsFromString } from 'node:v8';
import {
  execute,
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

/** Loaded with the first query to compile, because it takes memory. */
const graphqlJit = lazily(() => {
  // V8 would keep the code of each query long after the query is dropped.
  setFlagsFromString('--no-compilation-cache');
  return import('graphql-jit');
});

/**
 * Creates the function that executes a valid query: with graphql-js at first, then compiled by graphql-jit. If a compiled
 * query returns errors, graphql-js runs it again, because clients rely on its errors. Queries have no side effects.
 */
export function compileQuery(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): RunOperation {
  // The compiled code would set a prototype instead of a property.
  if (document.loc?.source.body.includes('__proto__') !== false) return execute;
  const withDefault = (operation.variableDefinitions ?? [])
    .filter(({ defaultValue }) => defaultValue !== undefined)
    .map(({ variable }) => variable.name.value);
  let runs = 0;
  let query: CompiledQuery['query'] | undefined;

  return async (args) => {
    const { rootValue, contextValue, variableValues } = args;
    runs += 1;
    if (runs < runsBeforeCompiling) return execute(args);
    if (runs === runsBeforeCompiling) {
      const jit = await graphqlJit();
      const compiled = jit.compileQuery(schema, document, operation.name?.value, {
        disablingCapturingStackErrors: true,
      });
      if (jit.isCompiledQuery(compiled)) ({ query } = compiled);
    }
    // graphql-jit does not notice a null in place of a default where null is an error.
    if (query === undefined || withDefault.some((name) => variableValues?.[name] === null))
      return execute(args);
    const result: ExecutionResult = await query(rootValue, contextValue, variableValues);
    return result.errors === undefined ? result : execute(args);
  };
}
