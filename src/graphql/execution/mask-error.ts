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
 * Returns the error that a client may see. Our own errors keep their code. GraphQL's errors about a document get the code
 * INVALID_INPUT. Any other error becomes INTERNAL, without its message.
 *
 * @param report is called with every error that the client may not see.
 * @param requestId the id of the request in the log.
 */
export function maskError(
  error: unknown,
  report: (error: unknown) => void,
  requestId?: string,
): GraphQLError {
  const original = error instanceof GraphQLError ? (error.originalError ?? error) : error;
  // GraphQL's errors wrap one another; the outer one has the location.
  if (error instanceof GraphQLError && original instanceof GraphQLError && !isAboutResult(error, original)) {
    return withField(error);
  }
  const location = error instanceof GraphQLError ? { nodes: error.nodes, path: error.path } : {};
  if (original instanceof PressrunError) {
    return new GraphQLError(original.message, { ...location, extensions: extensionsOf(original) });
  }
  report(original);
  return new GraphQLError('Something went wrong on our side.', {
    ...location,
    extensions: { code: 'INTERNAL', ...(requestId === undefined ? {} : { requestId }) },
  });
}

/**
 * @returns whether GraphQL refused a value from our own resolvers. Such an error has a path in the answer; an error about a
 *   document has nodes, and an error about variables has no path.
 */
function isAboutResult(error: GraphQLError, original: GraphQLError): boolean {
  return (
    error !== original &&
    error.path !== undefined &&
    original.nodes === undefined &&
    original.extensions['code'] === undefined
  );
}

/** @returns an error as sent to the client, without `extensions.http`, which only sets status and headers. */
export function formatError(error: GraphQLError): GraphQLFormattedError {
  const { http: _http, ...extensions } = error.extensions;
  return { ...error.toJSON(), extensions };
}

/** @returns a result as sent to the client. */
export function formatResult({ errors, ...result }: ExecutionResult): FormattedExecutionResult {
  return errors === undefined ? result : { errors: errors.map(formatError), ...result };
}

/** The maximum number of errors in an answer. */
const maxErrors = 20;

/**
 * Masks the errors of an answer: at most 20, then one error with the number of the others.
 *
 * @param mask returns the error that the client may see.
 */
export function maskErrors(
  errors: readonly GraphQLError[],
  mask: (error: unknown) => GraphQLError,
): GraphQLError[] {
  const listed = errors.slice(0, maxErrors).map(mask);
  const more = errors.length - listed.length;
  if (more === 0) return listed;
  const rest = new GraphQLError(`${more} more errors are not listed.`, {
    extensions: { code: 'TOO_MANY_ERRORS' },
  });
  return [...listed, rest];
}

/**
 * Adds a code and the path of the input field to a GraphQL error, and shortens the values in its message.
 *
 * @param document the validated document, if the error came from validation.
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
 * Shortens a message of graphql-js, which may repeat the client's input: each quoted or bracketed value and each word to
 * 100 characters, the whole message to 300.
 */
export function shorten(message: string): string {
  if (message.length <= maxValueCharacters) return message;
  // Bounds the time of the pattern; more than this is never left.
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

/** Reads the path of a bad variable from graphql-js' message, such as `at .posts[0].caption`. */
function variablePath(message: string): string | undefined {
  const [, variable, path = ''] =
    /^Variable "\$(\w+)" has invalid value(?: at ([^:]+))?: /.exec(message) ?? [];
  return variable === undefined ? undefined : joinPath([variable + path, missingField(message)]);
}

/** @returns the path of the argument and input fields around an invalid literal. */
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
