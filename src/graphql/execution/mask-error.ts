import {
  GraphQLError,
  Kind,
  visit,
  type ASTNode,
  type DocumentNode,
  type ExecutionResult,
  type FormattedExecutionResult,
  type GraphQLFormattedError,
} from 'graphql';
import {
  InvalidInputError,
  PressrunError,
  RetryableError,
  ServiceUnavailableError,
  UnauthenticatedError,
} from '../../domain/errors/errors.ts';

/**
 * What a client is told of an error: our own errors with their code; GraphQL's own (a document that does not
 * fit the schema) with the code INVALID_INPUT; of anything else only that it happened.
 *
 * @param report told of every error that the client is not.
 * @param requestId under which the log knows it.
 */
export function maskError(
  error: unknown,
  report: (error: unknown) => void,
  requestId?: string,
): GraphQLError {
  const original = error instanceof GraphQLError ? (error.originalError ?? error) : error;
  // GraphQL's own errors wrap one another; the outer one names the place.
  if (error instanceof GraphQLError && original instanceof GraphQLError && !isOfAnswer(error, original)) {
    return withField(error);
  }
  const place = error instanceof GraphQLError ? { nodes: error.nodes, path: error.path } : {};
  if (original instanceof PressrunError) {
    return new GraphQLError(original.message, { ...place, extensions: extensionsOf(original) });
  }
  report(original);
  return new GraphQLError('Something went wrong on our side.', {
    ...place,
    extensions: { code: 'INTERNAL', ...(requestId === undefined ? {} : { requestId }) },
  });
}

/**
 * @returns whether GraphQL refused a value of ours, which does not fit the schema: it says at which path of the answer.
 * What it refuses of a document has nodes, and what it refuses of variables has no path.
 */
function isOfAnswer(error: GraphQLError, original: GraphQLError): boolean {
  return (
    error !== original &&
    error.path !== undefined &&
    original.nodes === undefined &&
    original.extensions['code'] === undefined
  );
}

/** An error as a client is told it: `extensions.http` only says what stands in the head of an answer over HTTP. */
export function toldError(error: GraphQLError): GraphQLFormattedError {
  const { http: _http, ...extensions } = error.extensions;
  return { ...error.toJSON(), extensions };
}

/** A result as a client is told it. */
export function toldResult({ errors, ...result }: ExecutionResult): FormattedExecutionResult {
  return errors === undefined ? result : { errors: errors.map(toldError), ...result };
}

/** Errors that one answer has at most. */
const maxErrors = 20;

/**
 * The errors of an answer as the client is told them: at most 20, then how many more there are.
 *
 * @param mask makes of one error what the client is told.
 */
export function maskErrors(
  errors: readonly GraphQLError[],
  mask: (error: unknown) => GraphQLError,
): GraphQLError[] {
  const told = errors.slice(0, maxErrors).map(mask);
  const more = errors.length - told.length;
  if (more === 0) return told;
  const rest = new GraphQLError(`${more} more errors are not listed.`, {
    extensions: { code: 'TOO_MANY_ERRORS' },
  });
  return [...told, rest];
}

/**
 * Adds to an error of GraphQL's own what a form needs: a code and the name of the input field. Values in its message
 * are shortened.
 *
 * @param document the operation, where the error came from validating it.
 */
export function withField(error: GraphQLError, document?: DocumentNode): GraphQLError {
  const field = variablePath(error.message) ?? literalPath(error, document);
  return new GraphQLError(shorten(error.message), {
    nodes: error.nodes,
    source: error.source,
    positions: error.positions,
    path: error.path,
    extensions: {
      code: 'INVALID_INPUT',
      ...(field === undefined ? {} : { field: shorten(field) }),
      ...error.extensions,
    },
  });
}

const maxValueCharacters = 100;
const maxMessageCharacters = 300;

/**
 * Shortens what a client sent where a message of graphql-js repeats it: each value in quotes or brackets and each word to
 * 100 characters, the whole message to 300.
 */
export function shorten(message: string): string {
  if (message.length <= maxValueCharacters) return message;
  // Looks at no more than can be left of it.
  const start = message.slice(0, 10 * maxMessageCharacters);
  const short = start.replace(/"(?:[^"\\]|\\.)*"?|[{[].*|[^\s"{[]+/gs, (value) =>
    cut(value, maxValueCharacters),
  );
  return cut(short, maxMessageCharacters);
}

function cut(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters - 1).toWellFormed()}…`;
}

function extensionsOf(error: PressrunError) {
  return {
    code: error.code,
    ...(error instanceof InvalidInputError ? { fields: error.fields } : {}),
    ...(error instanceof UnauthenticatedError ? { http: { status: 401 } } : {}),
    ...(error instanceof RetryableError
      ? {
          retryAfter: error.retryAfter,
          http: {
            status: error instanceof ServiceUnavailableError ? 503 : 429,
            headers: { 'retry-after': String(error.retryAfter) },
          },
        }
      : {}),
  };
}

/** graphql-js names the place of a bad variable only in its message: `at .posts[0].caption`. */
function variablePath(message: string): string | undefined {
  const [, variable, path = ''] =
    /^Variable "\$(\w+)" has invalid value(?: at ([^:]+))?: /.exec(message) ?? [];
  return variable === undefined ? undefined : joinPath([variable + path, missingField(message)]);
}

/** The argument and input fields around a literal that does not fit. */
function literalPath(error: GraphQLError, document: DocumentNode | undefined): string | undefined {
  const target = error.nodes?.[0];
  if (target === undefined || document === undefined) return undefined;
  let names: string[] = [];
  visit(document, {
    enter(node, _key, parent, _path, ancestors) {
      if (node !== target) return;
      names = [...ancestors, parent, node].flatMap((ancestor) =>
        ancestor !== undefined &&
        isNode(ancestor) &&
        (ancestor.kind === Kind.ARGUMENT || ancestor.kind === Kind.OBJECT_FIELD)
          ? [ancestor.name.value]
          : [],
      );
    },
  });
  return names.length === 0 ? undefined : joinPath([...names, missingField(error.message)]);
}

function missingField(message: string): string | undefined {
  return /to include required field "(\w+)"/.exec(message)?.[1];
}

function joinPath(names: (string | undefined)[]): string {
  return names.filter((name) => name !== undefined).join('.');
}

function isNode(value: ASTNode | readonly ASTNode[]): value is ASTNode {
  return 'kind' in value;
}
