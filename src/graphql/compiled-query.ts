import {
  execute,
  getOperationAST,
  getVariableValues,
  Kind,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type VariableValues,
} from 'graphql';
import { writeQuery, type QueryCode } from './query-code.ts';
import { NotCompiledError, QueryRun } from './query-run.ts';
import { conditionsOf } from './select-fields.ts';

/** A query as JavaScript code. */
export type CompiledQuery = (args: ExecutionArgs) => Promise<ExecutionResult>;

/** What conditions select is code of its own. Queries with more combinations than this are left to graphql-js. */
const maxCombinations = 8;
const noVariables: VariableValues = { sources: Object.create(null), coerced: Object.create(null) };

/**
 * Compiles a query that is valid. What it answers without an error is what graphql-js would; where anything goes wrong,
 * graphql-js runs the query itself: its errors are the ones that clients are promised, and reading twice changes nothing.
 *
 * @returns undefined where it cannot be compiled.
 */
export function compile(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | undefined,
): CompiledQuery | undefined {
  const operation = getOperationAST(document, operationName);
  const type = schema.getQueryType();
  if (operation == null || type == null) return undefined;
  // As the name of a property in code it would be no name.
  if (document.loc?.source.body.includes('__proto__') !== false) return undefined;
  const conditions = conditionsOf(document);
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
  }
  const codes = new Map<string, QueryCode | undefined>();

  const write = (variables: VariableValues): QueryCode | undefined => {
    try {
      return writeQuery({ schema, fragments, variables }, operation, type);
    } catch (error) {
      if (error instanceof NotCompiledError) return undefined;
      throw error;
    }
  };
  const { variableDefinitions = [] } = operation;
  const valuesOf = ({ variableValues }: ExecutionArgs): VariableValues | undefined =>
    variableDefinitions.length === 0
      ? noVariables
      : getVariableValues(schema, variableDefinitions, variableValues ?? {}).variableValues;

  return async (args) => {
    const variables = valuesOf(args);
    if (variables === undefined) return execute(args);
    const combination = conditions.map((name) => String(variables.coerced[name])).join();
    if (!codes.has(combination) && codes.size < maxCombinations) codes.set(combination, write(variables));
    const code = codes.get(combination);
    if (code === undefined) return execute(args);
    try {
      const run = new QueryRun(args.rootValue, args.contextValue, variables);
      const data = code(run);
      if (run.end !== undefined) await run.end;
      return { data };
    } catch (error) {
      if (error instanceof NotCompiledError) codes.set(combination, undefined);
      return execute(args);
    }
  };
}
