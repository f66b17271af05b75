import OpenAI from 'openai';
import { z } from 'zod';
import { captionSchema } from '../domain/post-content.ts';
import type { Usage } from '../domain/pricing.ts';
import { maxCaptionTokens, type ImageQuality } from '../domain/post-usage.ts';
import { ProviderError } from '../domain/provider-errors.ts';
import { toProviderError } from './openai-errors.ts';
import { readLimits } from './openai-limits.ts';
import type { Provider } from './provider.ts';

/** The slowest answers seen are about a third of these. */
const captionTimeoutMs = 60_000;
const imageTimeoutMs = 180_000;

export type OpenAiSettings = {
  apiKey: string;
  /** Undefined: OpenAI's own. */
  baseUrl: string | undefined;
  textModel: string;
  imageModel: string;
  imageQuality: ImageQuality;
};

/** OpenAI, or any server that speaks its API. */
export function createOpenAiProvider(settings: OpenAiSettings): Provider {
  // Retrying is the orchestrator's: it knows the budget, the limits and the other calls in flight.
  const client = new OpenAI({
    apiKey: settings.apiKey,
    baseURL: settings.baseUrl ?? null,
    maxRetries: 0,
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
          { signal, timeout: captionTimeoutMs },
        )
        .withResponse()
        .catch((error: unknown) => Promise.reject(toProviderError(error, signal)));
      const message = data.choices[0]?.message;
      const usage = {
        inputTokens: data.usage?.prompt_tokens ?? 0,
        outputTokens: data.usage?.completion_tokens ?? 0,
      };
      if (typeof message?.refusal === 'string') throw new ProviderError('CONTENT_REFUSED', { usage });
      return {
        limits: readLimits(response.headers),
        value: parseCaption(message?.content ?? '', usage),
        usage,
        requestId: request_id ?? undefined,
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
          { signal, timeout: imageTimeoutMs },
        )
        .withResponse()
        .catch((error: unknown) => Promise.reject(toProviderError(error, signal)));
      const encoded = data.data?.[0]?.b64_json;
      const usage = {
        inputTokens: data.usage?.input_tokens ?? 0,
        outputTokens: data.usage?.output_tokens ?? 0,
      };
      // A moderated picture comes back as a success without one: the same prompt would be refused again.
      if (encoded === undefined) throw new ProviderError('CONTENT_REFUSED', { usage });
      return {
        limits: readLimits(response.headers),
        value: parsePng(encoded, usage),
        usage,
        requestId: request_id ?? undefined,
      };
    },
  };
}

// OpenAI's strict mode knows no `minLength`; captionSchema checks the answer in full.
const captionJsonSchema = z.toJSONSchema(
  z.strictObject({ caption: z.string(), hashtags: z.array(z.string()) }),
);

function parseCaption(content: string, usage: Usage) {
  try {
    return captionSchema.parse(JSON.parse(content));
  } catch (cause) {
    throw new ProviderError('BAD_ANSWER', { usage, cause });
  }
}

const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

function parsePng(base64: string, usage: Usage): Uint8Array {
  const bytes = Buffer.from(base64, 'base64');
  if (!bytes.subarray(0, pngSignature.length).equals(pngSignature))
    throw new ProviderError('BAD_ANSWER', { usage });
  return bytes;
}
