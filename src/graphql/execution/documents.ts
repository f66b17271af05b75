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
  /** Whether its answer has to be measured. */
  mayBeTooLarge: boolean;
  /** Runs a query or mutation. */
  run: RunOperation;
};

/** What known documents may take together; their compiled queries take 35 MB at most. */
const maxBytes = 4 * 1024 * 1024;

/** Larger queries are left to graphql-js: to compile 100 fields takes 17 ms at most. */
const maxCompiledFields = 100;

/** @param deps.check says why a document that is within the limits may not run all the same. */
export function createDocuments(deps: {
  schema: GraphQLSchema;
  introspection: boolean;
  check: (document: DocumentNode) => GraphQLError | undefined;
}): Documents {
  const { schema, introspection, check } = deps;
  const rules = introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
  /** Keeps a refusal as well: a transport that leaves it to another one has it read again. */
  const byText = new LRUCache<string, DocumentNode | GraphQLError>({
    maxSize: maxBytes,
    // Measured, 90 bytes for each character; of a refusal, its text.
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
        // Any client can ask for names that a document has not.
        if (found === undefined) return undefined;
        operations.set(known, found);
      }
      return operations.get(known);
    },
  };
}

/** @returns the document, or why it is none. */
function read(text: string): DocumentNode | GraphQLError {
  try {
    return checkDocumentText(text) ?? parse(text);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const { message, source, positions } = error;
    return new GraphQLError(shorten(message), { source, positions, extensions: { code: 'SYNTAX_ERROR' } });
  }
}
