import OpenAI, { type APIPromise } from 'openai';
import type { Conversation, Model, Purchase } from '../provider.ts';
import { parseObject, readEmbeddings, readImage, readObject, readRequestId, readText } from './answers.ts';
import { boundedFetch } from './bounded-fetch.ts';
import { toProviderError } from './errors.ts';
import { dialects, type Account, type Dialect, type ModelName } from './dialects.ts';
import { toJsonSchema, type JsonSchema } from './json-schema.ts';
import { readLimits } from './limits.ts';

/** A model of OpenAI, or of another provider whose endpoint speaks its API. */
export function createOpenAiModel({ provider, model, name }: ModelName, account: Account): Model {
  const dialect: Dialect = dialects[provider];
  // The engine retries: it knows the budget, the limits and the other calls in flight.
  const client = new OpenAI({
    apiKey: account.apiKey ?? 'none',
    baseURL: account.baseUrl ?? dialect.baseUrl,
    maxRetries: 0,
    fetch: boundedFetch,
    logLevel: 'off',
    ...(provider === 'openai' ? {} : withoutVariables(account)),
  });

  const conversation = ({ messages, maxTokens }: Conversation) => ({
    model,
    messages: [...messages],
    [dialect.maxTokens]: maxTokens,
  });

  return {
    name,

    generateObject: ({ schema, onText, ...asked }, signal) => {
      const structure = structures[dialect.structure](toJsonSchema(schema, dialect.keywords));
      const request = { ...conversation(asked), ...structure };
      // A tool's call is not streamed.
      if (onText === undefined || dialect.structure === 'tool')
        return buy(
          dialect,
          client.chat.completions.create(request, { signal }),
          (body) => readObject(schema, body, onText),
          signal,
        );
      return buy(
        dialect,
        client.chat.completions.create({ ...request, ...streamed }, { signal }),
        async (pieces) => parseObject(schema, await readText(pieces, onText, signal)),
        signal,
      );
    },

    generateText: ({ onText = () => undefined, ...asked }, signal) =>
      buy(
        dialect,
        client.chat.completions.create({ ...conversation(asked), ...streamed }, { signal }),
        (pieces) => readText(pieces, onText, signal),
        signal,
      ),

    generateImage: ({ prompt, size, quality }, signal) =>
      buy(
        dialect,
        client.images.generate({ model, prompt, size, quality, output_format: 'png', n: 1 }, { signal }),
        readImage,
        signal,
      ),

    embed: (texts, signal) =>
      buy(
        dialect,
        client.embeddings.create({ model, input: [...texts], encoding_format: 'float' }, { signal }),
        (body) => readEmbeddings(texts.length, body),
        signal,
      ),
  };
}

/** Variables that the SDK reads for OpenAI are no other provider's to see: these headers alone go there. */
const neutralHeaders = ['accept', 'authorization', 'content-type'];

function withoutVariables({ apiKey = 'none' }: Account) {
  return {
    organization: null,
    project: null,
    // Headers of the variables may name another one.
    defaultHeaders: { authorization: `Bearer ${apiKey}` },
    fetch: (input: string | URL | Request, init?: RequestInit) => {
      const headers = [...new Headers(init?.headers)].filter(([name]) => neutralHeaders.includes(name));
      return boundedFetch(input, { ...init, headers });
    },
  };
}

/** What makes a model answer piece by piece, and tell its usage in the last one. */
const streamed = { stream: true, stream_options: { include_usage: true } } as const;

/** What makes a model answer with JSON. */
const structures = {
  format: (schema: JsonSchema) => ({
    response_format: {
      type: 'json_schema' as const,
      json_schema: { name: 'answer', strict: true, schema },
    },
  }),
  tool: (schema: JsonSchema) => ({
    tools: [{ type: 'function' as const, function: { name: 'answer', parameters: schema } }],
    tool_choice: { type: 'function' as const, function: { name: 'answer' } },
  }),
};

type Read<T> = Pick<Purchase<T>, 'value' | 'usage'>;

/** Sends a request and reads its answer. @throws ProviderError, or the signal's reason. */
async function buy<Body, T>(
  dialect: Dialect,
  request: APIPromise<Body>,
  read: (body: Body) => Read<T> | Promise<Read<T>>,
  signal: AbortSignal,
): Promise<Purchase<T>> {
  try {
    const { data, request_id: requestId, response } = await request.withResponse();
    return {
      ...(await read(data)),
      limits: readLimits(response.headers),
      requestId: readRequestId(requestId ?? response.headers.get('request-id')),
    };
  } catch (error) {
    throw toProviderError(error, signal, dialect.refusals);
  }
}
