import { z } from 'zod';
import type { Usage } from '../../domain/money/pricing.ts';
import { ProviderError } from '../../domain/errors/provider-errors.ts';

/** Every call uses tokens, so a count of 0 is not believed. */
const tokens = z.int().positive();

const textUsage = z
  .object({
    prompt_tokens: tokens,
    completion_tokens: tokens,
    total_tokens: tokens.optional().catch(undefined),
  })
  .transform(({ prompt_tokens: input, completion_tokens: output, total_tokens: total = 0 }): Usage => ({
    inputTokens: input,
    // Gemini bills its thinking as output, and counts it in the total alone.
    outputTokens: Math.max(output, total - input),
  }));

const embeddingUsage = z
  .object({ prompt_tokens: tokens })
  .transform((usage): Usage => ({ inputTokens: usage.prompt_tokens, outputTokens: 0 }));

const imageUsage = z
  .object({ input_tokens: tokens, output_tokens: tokens })
  .transform((usage): Usage => ({ inputTokens: usage.input_tokens, outputTokens: usage.output_tokens }));

const messageSchema = z.object({
  content: z.string().nullish(),
  refusal: z.string().nullish(),
  tool_calls: z.array(z.object({ function: z.object({ arguments: z.string() }) })).nullish(),
});
const choiceSchema = z.object({ message: messageSchema, finish_reason: z.string().nullish() });
const objectAnswer = z.object({ choices: z.tuple([choiceSchema], z.unknown()) });

const imageSchema = z.object({ b64_json: z.string().nullish() });
const imageAnswer = z.object({ data: z.array(imageSchema).nullish() });

const embeddingAnswer = z.object({
  data: z.array(z.object({ index: z.int(), embedding: z.array(z.number()) })),
});

const pieceSchema = z.object({
  choices: z.array(
    z.object({
      delta: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }).nullish(),
      finish_reason: z.string().nullish(),
    }),
  ),
});

/** Ids that are absurdly long are dropped. */
const requestIdSchema = z.string().max(200).optional().catch(undefined);

type Answer<T> = { value: T; usage: Usage | undefined };

/** @returns the provider's id of a request, if the header has one. */
export function readRequestId(header: string | null | undefined): string | undefined {
  return requestIdSchema.parse(header ?? undefined);
}

/**
 * Parses the body of a chat completion whose content, or whose only tool call, is JSON.
 *
 * @param onText gets the JSON.
 * @returns what `schema` accepts, and the usage if the body has a possible one.
 * @throws ProviderError CONTENT_REFUSED or BAD_ANSWER: both are paid.
 */
export function readObject<T>(
  schema: z.ZodType<T>,
  body: unknown,
  onText: (text: string) => void = () => undefined,
): Answer<T> {
  const usage = readUsage(textUsage, body);
  return orBadAnswer(usage, () => {
    const { message, finish_reason: end } = objectAnswer.parse(body).choices[0];
    const { content, refusal, tool_calls: calls } = message;
    if (refusal != null || end === 'content_filter')
      throw new ProviderError('CONTENT_REFUSED', { paid: 'YES', usage });
    const text = calls?.[0]?.function.arguments ?? content ?? '';
    onText(text);
    return schema.parse(JSON.parse(text));
  });
}

/** Parses the JSON of a streamed answer. @throws ProviderError BAD_ANSWER, which is paid. */
export function parseObject<T>(schema: z.ZodType<T>, { value, usage }: Answer<string>): Answer<T> {
  return orBadAnswer(usage, () => schema.parse(JSON.parse(value)));
}

/**
 * Collects the pieces of a streamed chat completion.
 *
 * @param onText gets each piece of the text when it arrives.
 * @returns the whole text, and the usage if the last piece has a possible one.
 * @throws ProviderError CONTENT_REFUSED, or BAD_ANSWER for a text that was not finished: both are paid.
 */
export async function readText(
  pieces: AsyncIterable<unknown>,
  onText: (piece: string) => void,
  signal: AbortSignal,
): Promise<Answer<string>> {
  let value = '';
  let end: string | undefined;
  let isRefused = false;
  let usage: Usage | undefined;
  for await (const piece of pieces) {
    usage = readUsage(textUsage, piece) ?? usage;
    const choice = orBadAnswer(usage, () => pieceSchema.parse(piece)).value.choices[0];
    const { content, refusal } = choice?.delta ?? {};
    isRefused ||= refusal != null;
    end = choice?.finish_reason ?? end;
    if (content == null || content === '') continue;
    value += content;
    onText(content);
  }
  // The SDK ends the stream of an aborted call as if it were whole.
  signal.throwIfAborted();
  if (isRefused || end === 'content_filter')
    throw new ProviderError('CONTENT_REFUSED', { paid: 'YES', usage });
  if (end !== 'stop' || value === '') throw new ProviderError('BAD_ANSWER', { paid: 'YES', usage });
  return { value, usage };
}

/**
 * Parses the body of an image generation.
 *
 * @returns the bytes of a whole PNG file, and the usage if the body has a possible one.
 * @throws ProviderError CONTENT_REFUSED or BAD_ANSWER: both are paid.
 */
export function readImage(body: unknown): Answer<Uint8Array> {
  const usage = readUsage(imageUsage, body);
  return orBadAnswer(usage, () => {
    const encoded = imageAnswer.parse(body).data?.[0]?.b64_json;
    // A moderated image is a success without an image. The same prompt would be refused again.
    if (encoded == null) throw new ProviderError('CONTENT_REFUSED', { paid: 'YES', usage });
    return pngSchema.parse(Buffer.from(encoded, 'base64'));
  });
}

/**
 * Parses the body of an answer with embeddings.
 *
 * @returns `count` vectors in the order of their texts, and the usage if the body has a possible one.
 * @throws ProviderError BAD_ANSWER: it is paid.
 */
export function readEmbeddings(count: number, body: unknown): Answer<number[][]> {
  const usage = readUsage(embeddingUsage, body);
  return orBadAnswer(usage, () => {
    const { data } = embeddingAnswer.parse(body);
    return Array.from({ length: count }, (_, index) => {
      const found = data.find((one) => one.index === index);
      if (found === undefined) throw new Error(`no vector for text ${index}`);
      return found.embedding;
    });
  });
}

function readUsage(schema: z.ZodType<Usage>, body: unknown): Usage | undefined {
  return z.object({ usage: schema }).safeParse(body).data?.usage;
}

function orBadAnswer<T>(usage: Usage | undefined, read: () => T): Answer<T> {
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
