import OpenAI from 'openai';
import { z } from 'zod';
import { maxCaptionTokens, type ImageQuality } from '../../domain/posts/usage.ts';
import { boundedFetch } from './bounded-fetch.ts';
import { readCaption, readImage, readRequestId } from './answers.ts';
import { toProviderError } from './errors.ts';
import { readLimits } from './limits.ts';
import type { Provider } from '../provider.ts';

export type OpenAiSettings = {
  apiKey: string;
  /** Undefined: OpenAI's address. */
  baseUrl: string | undefined;
  textModel: string;
  imageModel: string;
  imageQuality: ImageQuality;
};

/** OpenAI, or any server that speaks its API. */
export function createOpenAiProvider(settings: OpenAiSettings): Provider {
  // The engine retries: it knows the budget, the limits and the other calls in flight.
  const client = new OpenAI({
    apiKey: settings.apiKey,
    baseURL: settings.baseUrl ?? null,
    maxRetries: 0,
    fetch: boundedFetch,
    logLevel: 'off',
  });

  return {
    textModel: settings.textModel,
    imageModel: settings.imageModel,
    imageQuality: settings.imageQuality,

    async writeCaption(prompt, signal) {
      const { data, request_id, response } = await client.chat.completions
        .create(
          {
            model: settings.textModel,
            messages: [
              { role: 'system', content: prompt.system },
              { role: 'user', content: prompt.user },
            ],
            max_completion_tokens: maxCaptionTokens,
            response_format: {
              type: 'json_schema',
              json_schema: { name: 'caption', strict: true, schema: captionJsonSchema },
            },
          },
          { signal },
        )
        .withResponse()
        .catch((error: unknown) => Promise.reject(toProviderError(error, signal)));
      return {
        ...readCaption(data),
        limits: readLimits(response.headers),
        requestId: readRequestId(request_id),
      };
    },

    async drawImage(prompt, signal) {
      const { data, request_id, response } = await client.images
        .generate(
          {
            model: settings.imageModel,
            prompt: prompt.text,
            size: prompt.size,
            quality: settings.imageQuality,
            output_format: 'png',
            n: 1,
          },
          { signal },
        )
        .withResponse()
        .catch((error: unknown) => Promise.reject(toProviderError(error, signal)));
      return {
        ...readImage(data),
        limits: readLimits(response.headers),
        requestId: readRequestId(request_id),
      };
    },
  };
}

// OpenAI's strict mode does not support `minLength`. captionSchema checks the whole answer.
const captionJsonSchema = z.toJSONSchema(
  z.strictObject({ caption: z.string(), hashtags: z.array(z.string()) }),
);
