import {
  execute,
  getOperationAST,
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  OperationTypeNode,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type GraphQLSchema,
} from 'graphql';
import {
  checkDocumentLimits,
  countRootFields,
  documentLimits,
  nestingOf,
  tooLarge,
} from './document-limits.ts';
import { createCompiler, type RunQuery } from './compiled-query.ts';
import { withField } from './mask-error.ts';

/** The documents that clients send again and again: each is parsed, measured and validated once. */
export type Documents = {
  /** @throws GraphQLError for what is too large or no GraphQL. */
  parse(text: string): DocumentNode;
  /** @returns why a document may not run; nothing where it may. */
  validate(document: DocumentNode): readonly GraphQLError[];
  /** @returns one operation of a valid document; undefined where it has none of this name. */
  operation(document: DocumentNode, name: string | null | undefined): Operation | undefined;
};

/** One operation of a document. */
export type Operation = {
  type: OperationTypeNode;
  /** Top-level fields: what rate limits count. */
  rootFields: number;
  /** Runs a query or mutation. */
  run: RunQuery;
};

/** What known documents may take together. Measured, one takes 90 bytes for each of its characters. */
const maxBytes = 4 * 1024 * 1024;
const bytesPerCharacter = 90;

/** @param deps.check says why a document that is within the limits may not run all the same. */
export function createDocuments(deps: {
  schema: GraphQLSchema;
  introspection: boolean;
  check: (document: DocumentNode) => GraphQLError | undefined;
}): Documents {
  const { schema, introspection, check } = deps;
  const rules = introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
  const byText = new Map<string, DocumentNode>();
  const errorsOf = new WeakMap<DocumentNode, readonly GraphQLError[]>();
  const operationsOf = new WeakMap<DocumentNode, Map<string | undefined, Operation>>();
  let bytes = 0;
  const compile = createCompiler(schema);

  function keep(text: string, document: DocumentNode): void {
    byText.set(text, document);
    bytes += text.length * bytesPerCharacter;
    for (const [oldest] of byText) {
      if (bytes <= maxBytes) break;
      byText.delete(oldest);
      bytes -= oldest.length * bytesPerCharacter;
    }
  }

  function findErrors(document: DocumentNode): readonly GraphQLError[] {
    const refusal = checkDocumentLimits(document) ?? check(document);
    if (refusal !== undefined) return [refusal];
    const errors = validate(schema, document, rules, { hideSuggestions: !introspection, maxErrors: 10 });
    return errors.map((error) => withField(error, document));
  }

  function findOperation(document: DocumentNode, name: string | undefined): Operation | undefined {
    const operation = getOperationAST(document, name);
    if (operation == null) return undefined;
    const { operation: type } = operation;
    return {
      type,
      rootFields: countRootFields(document, name),
      run: type === OperationTypeNode.QUERY ? compile(document, operation) : execute,
    };
  }

  return {
    parse(text) {
      const known = byText.get(text);
      if (known === undefined) {
        const document = parseWithinLimits(text);
        keep(text, document);
        return document;
      }
      // The one that has rested longest is forgotten first.
      byText.delete(text);
      byText.set(text, known);
      return known;
    },
    validate(document) {
      let errors = errorsOf.get(document);
      if (errors === undefined) errorsOf.set(document, (errors = findErrors(document)));
      return errors;
    },
    operation(document, name) {
      let operations = operationsOf.get(document);
      if (operations === undefined) operationsOf.set(document, (operations = new Map()));
      const known = name ?? undefined;
      if (!operations.has(known)) {
        const found = findOperation(document, known);
        // Any client can ask for names that a document has not.
        if (found === undefined) return undefined;
        operations.set(known, found);
      }
      return operations.get(known);
    },
  };
}

function parseWithinLimits(text: string): DocumentNode {
  if (text.length > documentLimits.characters || nestingOf(text) > documentLimits.nesting) throw tooLarge();
  try {
    return parse(text, { maxTokens: documentLimits.tokens });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    // graphql-js names the limit in its message.
    if (/tokens\. Parsing aborted/.test(error.message)) throw tooLarge();
    const { message, source: origin, positions } = error;
    throw new GraphQLError(message, { source: origin, positions, extensions: { code: 'SYNTAX_ERROR' } });
  }
}
