import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionResult, GraphQLError } from 'graphql';
import { z } from 'zod';
import { formatResult } from '../../graphql/execution/mask-error.ts';
import { isTooDeep } from '../../graphql/execution/variable-limits.ts';
import type { ClientInfo } from '../request/client-info.ts';
import { compress, isWorthCompressing } from '../response/compress.ts';
import type { Head } from '../response/security-headers.ts';
import type { RequestContext } from '../graphql/request-context.ts';
import type { Answer, FastPath } from './answer.ts';
import { answerKey } from './cached-answers.ts';

/** A request that has been read, and what answers it. */
type Exchange = {
  request: IncomingMessage;
  response: ServerResponse;
  body: Buffer;
  /** Reads the body as JSON; undefined for what is none. */
  json: () => unknown;
  /** What the answer's headers begin with. */
  head: Readonly<Head>;
  client: ClientInfo;
  whoAsks: RequestContext['viewer'];
  context: () => RequestContext;
};

/**
 * The fast path of GraphQL over HTTP. Yoga makes a request and a response of the Fetch API of each request, which
 * costs several times what the operation does.
 *
 * It takes a POST whose body is one JSON object with a query or mutation, whose client accepts JSON. The route has
 * checked origin, media type, size and rate before. Everything else is left to Yoga, untouched: GET, GraphiQL,
 * streams, subscriptions, and whatever is refused before it runs (no JSON, unknown parameters, syntax, validation).
 *
 * It may not answer in its own way: status, headers and body are Yoga's, byte for byte, apart from `x-cache`
 * and `content-length`. It may not check in its own way: documents, limits, errors and their masking are those of
 * Yoga's plugins (graphql/execution/documents.ts, http/graphql/guards.ts).
 *
 * test/integration/answers/repeated-queries.test.ts compares it with GET, which never takes it.
 *
 * @returns whether it has answered.
 */
export async function answerOnFastPath(fastPath: FastPath, exchange: Exchange): Promise<boolean> {
  const { request, response, head } = exchange;
  const mediaType = mediaTypeOf(request.headers.accept);
  const answer = mediaType === undefined ? undefined : await findAnswer(fastPath, exchange);
  if (answer === undefined) return false;
  const { status, headers, content } =
    'content' in answer ? { ...fine, content: answer.content } : write(answer.result);
  const bytes = Buffer.byteLength(content);
  // What compresses takes part in all that is written: only answers that it may be of use to go through it.
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
  { body, json, client, whoAsks, context }: Exchange,
): Promise<Answer | undefined> {
  const asks = whoAsks();
  const viewer = asks instanceof Promise ? await asks.catch(() => undefined) : asks;
  let key: string | undefined;
  if (viewer !== undefined && 'userId' in viewer) {
    key = answerKey(viewer, client, body);
    const known = key === undefined ? undefined : fastPath.answerFromMemory(key, viewer, client.address);
    if (known !== undefined) return known;
  }
  const params = paramsSchema.safeParse(json()).data;
  return params === undefined ? undefined : fastPath.answer(params, context(), key);
}

const fine = { status: 200, headers: [] };

function write(result: ExecutionResult) {
  if (result.errors === undefined) return { ...fine, content: JSON.stringify(result) };
  return { ...headOf(result.errors), content: JSON.stringify(formatResult(result)) };
}

const jsonTypes = ['application/graphql-response+json', 'application/json'] as const;

/** As Yoga chooses: the first that the client names and that is one of ours, whatever else it names. */
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

/** The status and headers that errors of ours ask for (graphql/execution/mask-error.ts). The highest status counts. */
function headOf(errors: readonly GraphQLError[]): { status: number; headers: Head } {
  const asked = errors.flatMap(({ extensions }) => httpSchema.safeParse(extensions['http']).data ?? []);
  return {
    status: Math.max(200, ...asked.map(({ status }) => status)),
    headers: Object.entries(Object.assign({}, ...asked.map(({ headers }) => headers)))
      .flat()
      .map(String),
  };
}
