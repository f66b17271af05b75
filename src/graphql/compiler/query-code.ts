import { compileFunction } from 'node:vm';
import {
  defaultFieldResolver,
  defaultTypeResolver,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type FieldNode,
  type GraphQLAbstractType,
  type GraphQLField,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type OperationDefinitionNode,
} from 'graphql';
import { NotCompiledError, runtime, type FieldInfo, type QueryRun } from './query-run.ts';
import { selectFields, type SelectedField, type Selections } from './select-fields.ts';

/** A query as code. Fields that it waits for are put into the answer later: see `QueryRun.wait`. */
export type QueryCode = (run: QueryRun) => Record<string, unknown>;

/** A query as code, and how long its text is. */
export type WrittenQuery = { run: QueryCode; length: number };

/** A resolver that needs nothing but its row says so in its field's `extensions`, under this name: it is called with nothing else. */
export const readsRowOnly = 'readsRowOnly';

/** Code that grows beyond this is not worth its memory. */
const maxCharacters = 64 * 1024;

/**
 * Writes an operation as JavaScript: a function for each selection, so that rows are read and answers are made as V8 likes it
 * best, by property names that stand in the code. It knows only what goes well; at the first thing that does not it
 * throws.
 *
 * @throws NotCompiledError for what it does not know.
 */
export function writeQuery(selections: Selections, operation: OperationDefinitionNode): WrittenQuery {
  const type = selections.schema.getQueryType();
  if (type == null) throw new NotCompiledError();
  const writer = new Writer(selections, operation);
  const root = writer.object(type, operation.selectionSet);
  return writer.build(root.name);
}

/** A function of the code. */
type Part = { name: string; /** Whether it wants the path of what it is given. */ readsPath: boolean };

class Writer {
  readonly #selections: Selections;
  readonly #operation: OperationDefinitionNode;
  readonly #constants: unknown[] = [];
  readonly #functions: string[] = [];
  #characters = 0;
  #argsCount = 0;

  constructor(selections: Selections, operation: OperationDefinitionNode) {
    this.#selections = selections;
    this.#operation = operation;
  }

  /** The fields of an object. */
  object(type: GraphQLObjectType, asking: Parameters<typeof selectFields>[2]): Part {
    // Nothing that can be queried has it; it may be asynchronous.
    if (type.isTypeOf != null) throw new NotCompiledError();
    const properties: string[] = [];
    const statements: string[] = [];
    let readsPath = false;
    for (const selected of selectFields(this.#selections, type, asking)) {
      const key = JSON.stringify(selected.key);
      const field = this.#field(type, selected);
      properties.push(`${key}: ${field.now}`);
      statements.push(...field.later);
      readsPath ||= field.readsPath;
    }
    const body = `const out = { ${properties.join(', ')} };\n${statements.join('')}return out;`;
    return { name: this.#define('row, path, run', body), readsPath };
  }

  /** @returns what a field is at once, and what is done for it then. */
  #field(type: GraphQLObjectType, { key, nodes }: SelectedField) {
    const [node] = nodes;
    const name = node.name.value;
    if (name === '__typename') return { now: JSON.stringify(type.name), later: [], readsPath: false };
    const field = this.#selections.schema.getField(type, name);
    if (field === undefined || name.startsWith('__')) throw new NotCompiledError();
    const { schema, fragments } = this.#selections;
    const info = { schema, fragments: { ...fragments }, operation: this.#operation };
    const about = this.#constant({
      ...info,
      fieldName: name,
      fieldNodes: nodes,
      returnType: field.type,
      parentType: type,
    } satisfies FieldInfo);
    const value = this.#value(field.type, nodes, about);
    const path = `{ prev: path, key: ${JSON.stringify(key)}, typename: ${JSON.stringify(type.name)} }`;
    const { resolve } = field;
    if (resolve == null || resolve === defaultFieldResolver || field.extensions[readsRowOnly] === true) {
      const read =
        resolve == null || resolve === defaultFieldResolver
          ? `row[${JSON.stringify(name)}]`
          : `${this.#constant(resolve)}(row)`;
      const { readsPath } = value;
      return { now: `${value.name}(${read}, ${readsPath ? path : 'undefined'}, run)`, later: [], readsPath };
    }
    const index = `out[${JSON.stringify(key)}]`;
    const args = this.#args(field, node);
    const later = `{
      const at = ${path};
      const value = ${this.#constant(resolve)}(row, ${args}, run.context, run.info(${about}, at));
      if (${isPromise}) run.wait(value, (value) => { ${index} = ${value.name}(value, at, run); });
      else ${index} = ${value.name}(value, at, run);
    }\n`;
    return { now: 'null', later: [later], readsPath: true };
  }

  /** What makes of a value what stands in the answer. */
  #value(type: GraphQLOutputType, nodes: readonly FieldNode[], about: string): Part {
    const isNonNull = isNonNullType(type);
    const inner = isNonNull ? type.ofType : type;
    const absent = `if (value == null) return ${isNonNull ? 'refuse()' : 'null'};`;
    if (isLeafType(inner)) {
      const body = `${absent}\n${this.#leaf(inner)}`;
      return { name: this.#define('value', body), readsPath: false };
    }
    if (isListType(inner)) return this.#list(this.#value(inner.ofType, nodes, about), absent);
    if (isObjectType(inner)) {
      const { name, readsPath } = this.object(inner, nodes);
      const body = `${absent}\n${unread}\nreturn ${name}(value, path, run);`;
      return { name: this.#define('value, path, run', body), readsPath };
    }
    return this.#abstract(inner, nodes, about, absent);
  }

  #leaf(type: GraphQLLeafType): string {
    const constant = this.#constant(type);
    const written = isEnumType(type)
      ? `const name = ${this.#constant(new Map(type.getValues().map(({ name, value }) => [value, name])))}.get(value);
         if (name !== undefined) return name;`
      : (writtenAsItIs[type.name] ?? '');
    return `${written}\nreturn leaf(${constant}, value);`;
  }

  #list({ name, readsPath }: Part, absent: string): Part {
    const at = readsPath ? '{ prev: path, key: index, typename: undefined }' : 'undefined';
    const body = `${absent}
      const values = list(value);
      const out = new Array(values.length);
      for (let index = 0; index < values.length; index += 1) {
        const value = values[index];
        const at = ${at};
        if (${isPromise}) run.wait(value, (value) => { out[index] = ${name}(value, at, run); });
        else out[index] = ${name}(value, at, run);
      }
      return out;`;
    return { name: this.#define('value, path, run', body), readsPath };
  }

  #abstract(type: GraphQLAbstractType, nodes: readonly FieldNode[], about: string, absent: string): Part {
    const resolveType = this.#constant(type.resolveType ?? defaultTypeResolver);
    const cases = this.#selections.schema
      .getPossibleTypes(type)
      .map(
        (possible) =>
          `case ${JSON.stringify(possible.name)}: return ${this.object(possible, nodes).name}(value, path, run);`,
      );
    const body = `${absent}
      ${unread}
      switch (${resolveType}(value, run.context, run.info(${about}, path), ${this.#constant(type)})) {
        ${cases.join('\n')}
        default: return unknown();
      }`;
    return { name: this.#define('value, path, run', body), readsPath: true };
  }

  /** Arguments without variables are the same in every run. */
  #args(field: GraphQLField<unknown, unknown>, node: FieldNode): string {
    const index = this.#argsCount;
    this.#argsCount += 1;
    return `run.args(${index}, ${this.#constant(field)}, ${this.#constant(node)})`;
  }

  #constant(value: unknown): string {
    const known = this.#constants.indexOf(value);
    if (known !== -1) return `k${known}`;
    this.#constants.push(value);
    return `k${this.#constants.length - 1}`;
  }

  #define(parameters: string, body: string): string {
    const name = `f${this.#functions.length}`;
    const text = `function ${name}(${parameters}) {\n${body}\n}`;
    this.#characters += text.length;
    if (this.#characters > maxCharacters) throw new NotCompiledError();
    this.#functions.push(text);
    return name;
  }

  build(root: string): WrittenQuery {
    const helpers = Object.keys(runtime).join(', ');
    const constants = this.#constants.map((_, index) => `k${index}`).join(', ');
    const source = `'use strict';
      const { ${helpers} } = runtime;
      const [${constants}] = constants;
      ${this.#functions.join('\n')}
      return (run) => ${root}(run.rootValue, undefined, run);`;
    const make = compileFunction(source, ['runtime', 'constants'], { filename: 'query' });
    const code: unknown = Reflect.apply(make, undefined, [runtime, this.#constants]);
    if (!isQueryCode(code)) throw new NotCompiledError();
    return { run: code, length: source.length };
  }
}

/** Checks that stand in the code where they are made: there V8 learns what values they meet, and no others. */
const isPromise = `typeof value === 'object' && value !== null && typeof value.then === 'function'`;
/** An object whose fields cannot be read: an error, or what is to be called or waited for first, which nothing of ours is. */
const unread = `if (value instanceof Error) return refuse();
  if (typeof value === 'function' || typeof value.then === 'function') return unknown();`;

const isQueryCode = (value: unknown): value is QueryCode => typeof value === 'function';

/** Values of GraphQL's own types that are written as they are; others are coerced, as for any other type. */
const writtenAsItIs: Readonly<Record<string, string>> = {
  ID: `if (typeof value === 'string') return value;`,
  String: `if (typeof value === 'string') return value;`,
  Int: `if (typeof value === 'number' && (value | 0) === value) return value;`,
  Float: `if (typeof value === 'number' && Number.isFinite(value)) return value;`,
  Boolean: `if (typeof value === 'boolean') return value;`,
};
