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

/** Runs an operation. */
export type RunOperation = (args: ExecutionArgs) => ExecutionResult | Promise<ExecutionResult>;

/** Compiling takes milliseconds and memory: it is for queries that come again. */
const runsBeforeCompiling = 3;

/** Loaded with the first query that comes again: 6 MB. */
const graphqlJit = lazily(() => {
  // V8 would keep the code of each query, 35 KB, long after the query itself is gone.
  setFlagsFromString('--no-compilation-cache');
  return import('graphql-jit');
});

/**
 * Runs a valid query: the first times by graphql-js, then compiled by graphql-jit. An answer with errors always
 * comes from graphql-js, which runs the query again: its errors are the ones that clients are promised, and
 * reading twice changes nothing.
 */
export function compileQuery(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): RunOperation {
  // The code would set a prototype where it is to set a property.
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
    // Null in the place of a default may stand where null is an error, which graphql-jit does not notice.
    if (query === undefined || withDefault.some((name) => variableValues?.[name] === null))
      return execute(args);
    const result: ExecutionResult = await query(rootValue, contextValue, variableValues);
    return result.errors === undefined ? result : execute(args);
  };
}
