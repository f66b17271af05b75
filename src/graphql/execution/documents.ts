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
import { checkDocumentLimits, countCharacters, countRootFields } from './document-limits.ts';
import { checkDocumentText, maxDocumentCharacters } from './document-text.ts';
import { createCompiler, type RunOperation } from '../compiler/compile-query.ts';
import { shorten, withField } from './mask-error.ts';
import { noteOf, type OperationNote } from './request-record.ts';

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
  /** What the log says about it. */
  note: OperationNote;
  /** The number of top-level fields, which rate limits count. */
  rootFields: number;
  /** Whether the size of its answer must be checked. */
  mayBeTooLarge: boolean;
  /** Executes a query or mutation. */
  run: RunOperation;
};

/** The memory of all cached documents, without their compiled queries. */
const maxBytes = 4 * 1024 * 1024;

/**
 * How many errors are cached, of texts and of documents: the fast path and Yoga may both read the same one. The stack of a
 * validation error keeps 66 KB alive.
 */
const maxErrors = 100;

/** @param deps.check returns an error if a document within the limits may not run. */
export function createDocuments(deps: {
  schema: GraphQLSchema;
  introspection: boolean;
  check: (document: DocumentNode) => GraphQLError | undefined;
}): Documents {
  const { schema, introspection, check } = deps;
  const rules = introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
  const compile = createCompiler(schema);
  const byText = new LRUCache<string, DocumentNode>({
    maxSize: maxBytes,
    // About 90 bytes of memory for each character.
    sizeCalculation: (_document, { length }) => 1 + length * 90,
  });
  const syntaxErrors = new LRUCache<string, GraphQLError>({ max: maxErrors });
  const validDocuments = new WeakSet<DocumentNode>();
  const errorsOf = new LRUCache<DocumentNode, readonly GraphQLError[]>({ max: maxErrors });
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
    return {
      type,
      note: noteOf(document, operation),
      rootFields: countRootFields(document, name),
      mayBeTooLarge: mayBeTooLarge(countCharacters(document, operation)),
      run: type === OperationTypeNode.QUERY ? compile(document, operation) : execute,
    };
  }

  return {
    parse(text) {
      const cached = byText.get(text) ?? syntaxErrors.get(text);
      const document = cached ?? read(text);
      const isNew = cached === undefined && text.length <= maxDocumentCharacters;
      if (document instanceof GraphQLError) {
        if (isNew) syntaxErrors.set(text, document);
        throw document;
      }
      if (isNew) byText.set(text, document);
      return document;
    },
    validate(document) {
      if (validDocuments.has(document)) return [];
      let errors = errorsOf.get(document);
      if (errors !== undefined) return errors;
      errors = findErrors(document);
      if (errors.length === 0) validDocuments.add(document);
      else errorsOf.set(document, errors);
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
