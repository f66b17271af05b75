import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionResult, GraphQLError } from 'graphql';
import { z } from 'zod';
import { formatResult } from '../../graphql/execution/mask-error.ts';
import { isTooDeep } from '../../graphql/execution/variable-limits.ts';
import type { ClientInfo } from '../request/client-info.ts';
import { compress, isWorthCompressing } from '../response/compress.ts';
import type { Head } from '../response/security-headers.ts';
import type { RequestContext } from '../graphql/request-context.ts';
import type { Answer, FastPath } from './fast-path.ts';
import { answerKey } from './cached-answers.ts';

/** A request whose body was read, and its response. */
type Exchange = {
  request: IncomingMessage;
  response: ServerResponse;
  body: Buffer;
  /** Parses the body as JSON; undefined if it is not JSON. */
  json: () => unknown;
  /** The first headers of the response. */
  head: Readonly<Head>;
  client: ClientInfo;
  viewer: RequestContext['viewer'];
  context: () => RequestContext;
};

/**
 * Answers a request on the fast path, past Yoga, whose Fetch API objects cost more than the operation.
 *
 * Takes a POST with one JSON object, a query or mutation, if the client accepts JSON. The route has checked origin, media
 * type, size and rate before. Leaves everything else to Yoga: GET, GraphiQL, streams, subscriptions, and requests that
 * fail before execution (invalid JSON, unknown parameters, syntax, validation).
 *
 * Status, headers and body must equal Yoga's, apart from `x-cache` and `content-length`. Documents, limits and errors are
 * those of Yoga's plugins (graphql/execution/documents.ts, http/graphql/guards.ts).
 * test/integration/answers/repeated-queries.test.ts compares both with GET, which never takes the fast path.
 *
 * @returns whether it has answered.
 */
export async function respondOnFastPath(fastPath: FastPath, exchange: Exchange): Promise<boolean> {
  const { request, response, head } = exchange;
  const mediaType = mediaTypeOf(request.headers.accept);
  const answer = mediaType === undefined ? undefined : await findAnswer(fastPath, exchange);
  if (answer === undefined) return false;
  if ('result' in answer) exchange.client.record.answers(answer.result);
  const { status, headers, content } =
    'content' in answer ? { ...success, content: answer.content } : serialise(answer.result);
  const bytes = Buffer.byteLength(content);
  // The compressor slows down every write, so only answers that it can shrink go through it.
  if (isWorthCompressing(request, bytes)) compress(request, response);
  response.writeHead(status, [
    ...head,
    'content-type',
    `${mediaType}; charset=utf-8`,
    'content-length',
    String(bytes),
    'x-cache',
    answer.outcome,
    ...headers,
  ]);
  response.end(content);
  return true;
}

async function findAnswer(
  fastPath: FastPath,
  { body, json, client, viewer: readViewer, context }: Exchange,
): Promise<Answer | undefined> {
  const read = readViewer();
  const viewer = read instanceof Promise ? await read.catch(() => undefined) : read;
  let key: string | undefined;
  if (viewer !== undefined && 'userId' in viewer) {
    key = answerKey(viewer, client, body);
    const known = key === undefined ? undefined : fastPath.answerFromMemory(key, viewer, client);
    if (known !== undefined) return known;
  }
  const params = paramsSchema.safeParse(json()).data;
  return params === undefined ? undefined : fastPath.answer(params, context(), key);
}

const success = { status: 200, headers: [] };

function serialise(result: ExecutionResult) {
  if (result.errors === undefined) return { ...success, content: JSON.stringify(result) };
  return { ...headOf(result.errors), content: JSON.stringify(formatResult(result)) };
}

const jsonTypes = ['application/graphql-response+json', 'application/json'] as const;

/** @returns the first of the client's media types that we support, as Yoga chooses it. */
function mediaTypeOf(accept: string | undefined): (typeof jsonTypes)[number] | undefined {
  if (accept === undefined || accept === '*/*' || accept === 'application/json') return 'application/json';
  for (const range of accept.replaceAll(/\s/g, '').toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';');
    const charset = parameters.find((parameter) => parameter.includes('charset='));
    if (charset !== undefined && charset !== 'charset=utf-8') continue;
    const [major, minor] = type.split('/');
    const found = jsonTypes.findLast((ours) => {
      const [ourMajor, ourMinor] = ours.split('/');
      return (major === '*' || major === ourMajor) && (minor === '*' || minor === ourMinor);
    });
    if (found !== undefined) return found;
  }
  return undefined;
}

const object = z
  .custom<Record<string, unknown>>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  )
  .nullish();
const paramsSchema = z.strictObject({
  query: z.string().nullish(),
  operationName: z.string().nullish(),
  variables: object.refine((variables) => !isTooDeep(variables)),
  extensions: object,
});

const httpSchema = z.object({
  status: z.number(),
  headers: z.record(z.string(), z.string()).optional(),
});

/** @returns the status and headers of the errors (graphql/execution/mask-error.ts). The highest status wins. */
function headOf(errors: readonly GraphQLError[]): { status: number; headers: Head } {
  const asked = errors.flatMap(({ extensions }) => httpSchema.safeParse(extensions['http']).data ?? []);
  return {
    status: Math.max(200, ...asked.map(({ status }) => status)),
    headers: Object.entries(Object.assign({}, ...asked.map(({ headers }) => headers)))
      .flat()
      .map(String),
  };
}
