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
import { LRUCache } from 'lru-cache';
import { mayBeTooLarge } from './answer-size.ts';
import { checkDocumentLimits, countRootFields, measureOperation } from './document-limits.ts';
import { checkDocumentText, maxDocumentCharacters } from './document-text.ts';
import { compileQuery, type RunOperation } from './compile-query.ts';
import { shorten, withField } from './mask-error.ts';

/** A cache of documents: each is parsed, measured and validated once. */
export type Documents = {
  /** Parses a document. @throws GraphQLError if the text is too large or not GraphQL. */
  parse(text: string): DocumentNode;
  /** @returns the errors of a document; none if it may run. */
  validate(document: DocumentNode): readonly GraphQLError[];
  /** @returns the operation with this name in a valid document; undefined if there is none. */
  operation(document: DocumentNode, name: string | null | undefined): Operation | undefined;
};

/** An operation of a document. */
export type Operation = {
  type: OperationTypeNode;
  /** The number of top-level fields, which rate limits count. */
  rootFields: number;
  /** Whether the size of its answer must be checked. */
  mayBeTooLarge: boolean;
  /** Executes a query or mutation. */
  run: RunOperation;
};

/** The memory of all cached documents, without their compiled queries. */
const maxBytes = 4 * 1024 * 1024;

/** Larger queries are not compiled, because compiling blocks the event loop. */
const maxCompiledFields = 100;

/** @param deps.check returns an error if a document within the limits may not run. */
export function createDocuments(deps: {
  schema: GraphQLSchema;
  introspection: boolean;
  check: (document: DocumentNode) => GraphQLError | undefined;
}): Documents {
  const { schema, introspection, check } = deps;
  const rules = introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
  /** Errors are cached too: the fast path and Yoga may both parse the same text. */
  const byText = new LRUCache<string, DocumentNode | GraphQLError>({
    maxSize: maxBytes,
    // About 90 bytes of memory for each character; an error only keeps its text.
    sizeCalculation: (document, { length }) => 1 + length * (document instanceof GraphQLError ? 2 : 90),
  });
  const errorsOf = new WeakMap<DocumentNode, readonly GraphQLError[]>();
  const operationsOf = new WeakMap<DocumentNode, Map<string | undefined, Operation>>();

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
    const { fields, characters } = measureOperation(document, operation);
    const isCompiled = type === OperationTypeNode.QUERY && fields <= maxCompiledFields;
    return {
      type,
      rootFields: countRootFields(document, name),
      mayBeTooLarge: mayBeTooLarge(characters),
      run: isCompiled ? compileQuery(schema, document, operation) : execute,
    };
  }

  return {
    parse(text) {
      let document = byText.get(text);
      if (document === undefined) {
        document = read(text);
        if (text.length <= maxDocumentCharacters) byText.set(text, document);
      }
      if (document instanceof GraphQLError) throw document;
      return document;
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
        // Unknown names are not cached: clients could send any number of them.
        if (found === undefined) return undefined;
        operations.set(known, found);
      }
      return operations.get(known);
    },
  };
}

/** @returns the document, or the error if it cannot be parsed. */
function read(text: string): DocumentNode | GraphQLError {
  try {
    return checkDocumentText(text) ?? parse(text);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const { message, source, positions } = error;
    return new GraphQLError(shorten(message), { source, positions, extensions: { code: 'SYNTAX_ERROR' } });
  }
}
