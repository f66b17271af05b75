import {
  execute,
  getVariableValues,
  Kind,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type VariableValues,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { writeQuery, type QueryCode } from './query-code.ts';
import { NotCompiledError, QueryRun } from './query-run.ts';
import { conditionsOf, type Selections } from './select-fields.ts';

/** Executes an operation. */
export type RunOperation = (args: ExecutionArgs) => ExecutionResult | Promise<ExecutionResult>;

/** Each combination of values of `@skip` and `@include` has code of its own. Queries with more are left to graphql-js. */
const maxCombinations = 8;
/** Compiling takes milliseconds, so only repeated queries are compiled, and only for a third of the time. */
const runsBeforeCompiling = 3;
const restAfterCompiling = 2;
/** How long graphql-js alone runs a query that failed, so that nothing is read twice while the database is down, in ms. */
const restAfterFailureMs = 1_000;
/** The memory of all code. Code that has run takes 9 bytes for each character of its text, as measured. */
const maxBytes = 16 * 1024 * 1024;
const bytesPerCharacter = 9;

const noVariables: VariableValues = { sources: Object.create(null), coerced: Object.create(null) };

/** A query with certain values of its conditions. */
type Combination = {
  runs: number;
  /** `never` if graphql-js must run it. */
  code: QueryCode | 'not yet' | 'never';
};

/**
 * The query compiler of Pressrun. It writes a valid query as JavaScript, so that a list costs a third of what graphql-js
 * needs for it (docs/decisions/020-query-execution.md has the figures).
 *
 * It may only be faster. Its answer is byte for byte that of graphql-js: whatever is an error, unusual or unknown makes the
 * code throw, and graphql-js runs the query again; queries have no side effects. Every variable, argument and leaf is
 * coerced by graphql-js's own functions. Of a document only names reach the code, and each is written by
 * `JSON.stringify`; values never do. Its memory is bounded, and so is the time that it takes from requests.
 *
 * test/unit/graphql/compile-query*.test.ts compares it with graphql-js.
 *
 * @returns a function that creates the executor of one query.
 */
export function createCompiler(schema: GraphQLSchema) {
  const compiled = new LRUCache<Combination, number>({
    maxSize: maxBytes,
    sizeCalculation: (characters) => characters * bytesPerCharacter,
    dispose: (_characters, combination) => Object.assign(combination, { runs: 0, code: 'not yet' }),
  });
  let restsUntil = 0;

  function compile(combination: Combination, selections: Selections, operation: OperationDefinitionNode) {
    const startedAt = performance.now();
    try {
      const { run, length } = writeQuery(selections, operation);
      combination.code = run;
      compiled.set(combination, length);
    } catch {
      combination.code = 'never';
    }
    const endedAt = performance.now();
    restsUntil = endedAt + (endedAt - startedAt) * restAfterCompiling;
  }

  return (document: DocumentNode, operation: OperationDefinitionNode): RunOperation => {
    // In an object literal it would set the prototype.
    if (document.loc?.source.body.includes('__proto__') !== false) return execute;
    const { variableDefinitions = [] } = operation;
    const conditions = conditionsOf(document);
    const fragments = fragmentsOf(document);
    const combinations = new Map<string, Combination>();
    let failedUntil = 0;

    function combinationOf(variables: VariableValues): Combination | undefined {
      const values = conditions.map((name) => String(variables.coerced[name])).join();
      let combination = combinations.get(values);
      if (combination === undefined && combinations.size < maxCombinations) {
        combination = { runs: 0, code: 'not yet' };
        combinations.set(values, combination);
      }
      return combination;
    }

    /** @returns the code of a combination, which it compiles if it is time to; undefined if graphql-js must run the query. */
    function codeOf(combination: Combination, variables: VariableValues): QueryCode | undefined {
      if (combination.code === 'never') return undefined;
      if (combination.code === 'not yet') {
        combination.runs += 1;
        if (combination.runs < runsBeforeCompiling || performance.now() < restsUntil) return undefined;
        compile(combination, { schema, fragments, variables }, operation);
      } else {
        compiled.get(combination);
      }
      const { code } = combination;
      return typeof code === 'function' ? code : undefined;
    }

    return async (args) => {
      if (performance.now() < failedUntil) return execute(args);
      const { variableValues: variables } =
        variableDefinitions.length === 0
          ? { variableValues: noVariables }
          : getVariableValues(schema, variableDefinitions, args.variableValues ?? {}, { maxErrors: 1 });
      const combination = variables === undefined ? undefined : combinationOf(variables);
      if (variables === undefined || combination === undefined) return execute(args);
      const code = codeOf(combination, variables);
      if (code === undefined) return execute(args);
      const run = new QueryRun(args.rootValue, args.contextValue, variables);
      try {
        const data = code(run);
        if (run.end !== undefined) await run.end;
        return { data };
      } catch (error) {
        run.stop();
        if (error instanceof NotCompiledError) combination.code = 'never';
        else failedUntil = performance.now() + restAfterFailureMs;
        return execute(args);
      }
    };
  };
}

function fragmentsOf(document: DocumentNode): Record<string, FragmentDefinitionNode> {
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
  }
  return fragments;
}
