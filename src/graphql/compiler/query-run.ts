import {
  getArgumentValues,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type VariableValues,
} from 'graphql';

/** Something of this answer is for graphql-js to say. */
class RefusedError extends Error {}
/** Something of this query is for graphql-js to run. */
export class NotCompiledError extends Error {}

const refused = new RefusedError();
const notCompiled = new NotCompiledError();

/** What a resolver may ask about its field that is the same for all rows and requests. */
export type FieldInfo = {
  fieldName: string;
  fieldNodes: readonly FieldNode[];
  returnType: GraphQLOutputType;
  parentType: GraphQLObjectType;
  schema: GraphQLSchema;
  fragments: Record<string, FragmentDefinitionNode>;
  operation: OperationDefinitionNode;
};

type Path = GraphQLResolveInfo['path'];

/** One run of a query's code (query-code.ts): what the code shares with it. */
export class QueryRun {
  readonly rootValue: unknown;
  readonly context: unknown;
  readonly #variables: VariableValues;
  readonly #args: object[] = [];
  #waiting = 0;
  #isOver = false;
  #end: PromiseWithResolvers<void> | undefined;

  constructor(rootValue: unknown, context: unknown, variables: VariableValues) {
    this.rootValue = rootValue;
    this.context = context;
    this.#variables = variables;
  }

  /** What the fields that have it are called with, worked out once; `index` is the field's. */
  args(index: number, field: GraphQLField<unknown, unknown>, node: FieldNode): object {
    return (this.#args[index] ??= getArgumentValues(field, node, this.#variables));
  }

  info(field: FieldInfo, path: Path): GraphQLResolveInfo {
    return {
      fieldName: field.fieldName,
      fieldNodes: field.fieldNodes,
      returnType: field.returnType,
      parentType: field.parentType,
      path,
      schema: field.schema,
      fragments: field.fragments,
      rootValue: this.rootValue,
      operation: field.operation,
      variableValues: this.#variables,
      getAbortSignal,
      getAsyncHelpers,
    };
  }

  /** Puts a value into the answer when it has come. */
  wait(promise: PromiseLike<unknown>, put: (value: unknown) => void): void {
    if (this.#end === undefined) {
      this.#end = Promise.withResolvers();
      // Where the code has thrown meanwhile, nobody waits for it.
      this.#end.promise.catch(() => undefined);
    }
    this.#waiting += 1;
    void this.#put(promise, put, this.#end);
  }

  async #put(
    promise: PromiseLike<unknown>,
    put: (value: unknown) => void,
    { resolve, reject }: PromiseWithResolvers<void>,
  ): Promise<void> {
    try {
      const value = await promise;
      if (this.#isOver) return;
      put(value);
      this.#waiting -= 1;
      if (this.#waiting === 0) resolve();
    } catch (error) {
      reject(error);
    }
  }

  /** Nothing that still comes is put anywhere. */
  stop(): void {
    this.#isOver = true;
  }

  /** Resolves when the answer is complete, rejects as soon as it cannot become so; undefined where it is already. */
  get end(): Promise<void> | undefined {
    return this.#end?.promise;
  }
}

const getAbortSignal = () => undefined;
const helpers = {
  promiseAll: <T>(values: readonly (PromiseLike<T> | T)[]) => Promise.all(values),
  track() {},
};
const getAsyncHelpers = () => helpers;

/** What the code of all queries calls. */
export const runtime = { refuse, unknown, leaf, list };

function refuse(): never {
  throw refused;
}

function unknown(): never {
  throw notCompiled;
}

/** A leaf that is not yet as it is written. Nothing of ours is a function to be called, or a promise. */
function leaf(type: GraphQLLeafType, value: unknown): unknown {
  if (value instanceof Error) refuse();
  if (typeof value === 'function' || value instanceof Promise) unknown();
  return type.coerceOutputValue(value) ?? refuse();
}

/** A list whose entries are read next. */
function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return unknown();
}
