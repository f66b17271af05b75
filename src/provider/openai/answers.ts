import { z } from 'zod';
import { captionSchema, type Caption } from '../../domain/posts/content.ts';
import type { Usage } from '../../domain/money/pricing.ts';
import { ProviderError } from '../../domain/errors/provider-errors.ts';

/** Every call uses tokens, so a count of 0 is not believed. */
const tokens = z.int().positive();

const captionUsage = z
  .object({ prompt_tokens: tokens, completion_tokens: tokens })
  .transform((usage): Usage => ({ inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens }));

const imageUsage = z
  .object({ input_tokens: tokens, output_tokens: tokens })
  .transform((usage): Usage => ({ inputTokens: usage.input_tokens, outputTokens: usage.output_tokens }));

const messageSchema = z.object({ content: z.string().nullish(), refusal: z.string().nullish() });
const captionAnswer = z.object({ choices: z.tuple([z.object({ message: messageSchema })], z.unknown()) });

const imageSchema = z.object({ b64_json: z.string().nullish() });
const imageAnswer = z.object({ data: z.array(imageSchema).nullish() });

/** Ids that are absurdly long are dropped. */
const requestIdSchema = z.string().max(200).optional().catch(undefined);

/** @returns the provider's id of a request, if the header has one. */
export function readRequestId(header: string | null | undefined): string | undefined {
  return requestIdSchema.parse(header ?? undefined);
}

/**
 * Parses the body of a chat completion.
 *
 * @returns the caption, and the usage if the body has a possible one.
 * @throws ProviderError CONTENT_REFUSED or BAD_ANSWER: both are paid.
 */
export function readCaption(body: unknown): { value: Caption; usage: Usage | undefined } {
  const usage = readUsage(captionUsage, body);
  return orBadAnswer(usage, () => {
    const { content, refusal } = captionAnswer.parse(body).choices[0].message;
    if (refusal != null) throw new ProviderError('CONTENT_REFUSED', { paid: 'YES', usage });
    return captionSchema.parse(JSON.parse(content ?? ''));
  });
}

/**
 * Parses the body of an image generation.
 *
 * @returns the bytes of a whole PNG file, and the usage if the body has a possible one.
 * @throws ProviderError CONTENT_REFUSED or BAD_ANSWER: both are paid.
 */
export function readImage(body: unknown): { value: Uint8Array; usage: Usage | undefined } {
  const usage = readUsage(imageUsage, body);
  return orBadAnswer(usage, () => {
    const encoded = imageAnswer.parse(body).data?.[0]?.b64_json;
    // A moderated image is a success without an image. The same prompt would be refused again.
    if (encoded == null) throw new ProviderError('CONTENT_REFUSED', { paid: 'YES', usage });
    return pngSchema.parse(Buffer.from(encoded, 'base64'));
  });
}

function readUsage(schema: z.ZodType<Usage>, body: unknown): Usage | undefined {
  return z.object({ usage: schema }).safeParse(body).data?.usage;
}

function orBadAnswer<T>(usage: Usage | undefined, read: () => T): { value: T; usage: Usage | undefined } {
  try {
    return { value: read(), usage };
  } catch (cause) {
    if (cause instanceof ProviderError) throw cause;
    throw new ProviderError('BAD_ANSWER', { paid: 'YES', usage, cause });
  }
}

const pngStart = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Name of the last chunk, before its 4 bytes of checksum. */
const pngEnd = Buffer.from('IEND');

const pngSchema = z
  .instanceof(Buffer)
  .refine(
    (bytes) => bytes.subarray(0, pngStart.length).equals(pngStart) && bytes.subarray(-8, -4).equals(pngEnd),
    'is no whole PNG file',
  );
