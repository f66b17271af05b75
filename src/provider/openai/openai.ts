import OpenAI, { type APIPromise } from 'openai';
import type { Conversation, Model, Purchase } from '../provider.ts';
import { readEmbeddings, readImage, readObject, readRequestId, readText } from './answers.ts';
import { boundedFetch } from './bounded-fetch.ts';
import { toProviderError } from './errors.ts';
import { toJsonSchema } from './json-schema.ts';
import { readLimits } from './limits.ts';

export type OpenAiSettings = {
  apiKey: string;
  /** Undefined: OpenAI's address. */
  baseUrl: string | undefined;
  model: string;
};

/** A model of OpenAI, or of any server that speaks its API. */
export function createOpenAiModel({ apiKey, baseUrl, model }: OpenAiSettings): Model {
  // The engine retries: it knows the budget, the limits and the other calls in flight.
  const client = new OpenAI({
    apiKey,
    baseURL: baseUrl ?? null,
    maxRetries: 0,
    fetch: boundedFetch,
    logLevel: 'off',
  });

  const conversation = ({ messages, maxTokens }: Conversation) => ({
    model,
    messages: [...messages],
    max_completion_tokens: maxTokens,
  });

  return {
    name: model,

    generateObject: ({ schema, ...asked }, signal) =>
      buy(
        client.chat.completions.create(
          {
            ...conversation(asked),
            response_format: {
              type: 'json_schema',
              json_schema: {
                name: 'answer',
                strict: true,
                schema: toJsonSchema(schema, ['additionalProperties']),
              },
            },
          },
          { signal },
        ),
        (body) => readObject(schema, body),
        signal,
      ),

    generateText: ({ onText = () => undefined, ...asked }, signal) =>
      buy(
        client.chat.completions.create(
          { ...conversation(asked), stream: true, stream_options: { include_usage: true } },
          { signal },
        ),
        (pieces) => readText(pieces, onText, signal),
        signal,
      ),

    generateImage: ({ prompt, size, quality }, signal) =>
      buy(
        client.images.generate({ model, prompt, size, quality, output_format: 'png', n: 1 }, { signal }),
        readImage,
        signal,
      ),

    embed: (texts, signal) =>
      buy(
        client.embeddings.create({ model, input: [...texts], encoding_format: 'float' }, { signal }),
        (body) => readEmbeddings(texts.length, body),
        signal,
      ),
  };
}

type Read<T> = Pick<Purchase<T>, 'value' | 'usage'>;

/** Sends a request and reads its answer. @throws ProviderError, or the signal's reason. */
async function buy<Body, T>(
  request: APIPromise<Body>,
  read: (body: Body) => Read<T> | Promise<Read<T>>,
  signal: AbortSignal,
): Promise<Purchase<T>> {
  try {
    const { data, request_id: requestId, response } = await request.withResponse();
    return {
      ...(await read(data)),
      limits: readLimits(response.headers),
      requestId: readRequestId(requestId),
    };
  } catch (error) {
    throw toProviderError(error, signal);
  }
}
