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

/** Runs a query: the first times by graphql-js, later as JavaScript code. */
export type RunQuery = (args: ExecutionArgs) => ExecutionResult | Promise<ExecutionResult>;

/** What conditions select is code of its own. Queries with more combinations than this are left to graphql-js. */
const maxCombinations = 8;
/** Compiling takes milliseconds: it is for what comes again, and for a third of the time at most. */
const runsBeforeCompiling = 3;
const restAfterCompiling = 2;
/** What all code may take together; what was used longest ago goes first. Of code that has run, each character takes 9 bytes, as measured. */
const maxBytes = 16 * 1024 * 1024;
const bytesPerCharacter = 9;

const noVariables: VariableValues = { sources: Object.create(null), coerced: Object.create(null) };

/** What is selected where the conditions have certain values. */
type Combination = {
  runs: number;
  /** Undefined where graphql-js is to run it. */
  code: QueryCode | 'not yet' | undefined;
};

/**
 * Compiles valid queries of a schema. What code answers without an error is what graphql-js would; where anything goes wrong,
 * graphql-js runs the query itself: its errors are the ones that clients are promised, and reading twice changes nothing.
 */
export function createCompiler(schema: GraphQLSchema) {
  const kept = new LRUCache<Combination, number>({
    maxSize: maxBytes,
    sizeCalculation: (characters) => characters * bytesPerCharacter,
    dispose: (_characters, combination) => {
      Object.assign(combination, { runs: 0, code: 'not yet' } satisfies Combination);
    },
  });
  let restsUntil = 0;

  function write(combination: Combination, selections: Selections, operation: OperationDefinitionNode): void {
    const startedAt = performance.now();
    try {
      const { run, length } = writeQuery(selections, operation);
      combination.code = run;
      kept.set(combination, length);
    } catch {
      combination.code = undefined;
    }
    const endedAt = performance.now();
    restsUntil = endedAt + (endedAt - startedAt) * restAfterCompiling;
  }

  return (document: DocumentNode, operation: OperationDefinitionNode): RunQuery => {
    // As the name of a property in code it would be no name.
    if (document.loc?.source.body.includes('__proto__') !== false) return execute;
    const { variableDefinitions = [] } = operation;
    const conditions = conditionsOf(document);
    const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
    for (const definition of document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
    }
    const combinations = new Map<string, Combination>();

    function combinationOf(variables: VariableValues): Combination | undefined {
      const values = conditions.map((name) => String(variables.coerced[name])).join();
      let combination = combinations.get(values);
      if (combination === undefined && combinations.size < maxCombinations) {
        combination = { runs: 0, code: 'not yet' };
        combinations.set(values, combination);
      }
      return combination;
    }

    return async (args) => {
      const { variableValues: variables } =
        variableDefinitions.length === 0
          ? { variableValues: noVariables }
          : getVariableValues(schema, variableDefinitions, args.variableValues ?? {}, { maxErrors: 1 });
      const combination = variables === undefined ? undefined : combinationOf(variables);
      if (variables === undefined || combination?.code === undefined) return execute(args);
      if (combination.code === 'not yet') {
        combination.runs += 1;
        if (combination.runs < runsBeforeCompiling || performance.now() < restsUntil) return execute(args);
        write(combination, { schema, fragments, variables }, operation);
      } else {
        kept.get(combination);
      }
      const { code } = combination;
      if (code === 'not yet' || code === undefined) return execute(args);
      const run = new QueryRun(args.rootValue, args.contextValue, variables);
      try {
        const data = code(run);
        if (run.end !== undefined) await run.end;
        return { data };
      } catch (error) {
        run.stop();
        if (error instanceof NotCompiledError) combination.code = undefined;
        return execute(args);
      }
    };
  };
}
