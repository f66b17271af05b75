import { z } from 'zod';
import { countTokens } from './endpoint.ts';
import type { PrepareCall } from './endpoint.ts';
import { fromZodError, invalidRequest } from '../behaviour/errors.ts';
import { requireModel } from '../models.ts';
import { createRandom, hash } from '../random.ts';

/** Each word changes this many numbers of the vector. */
const INDEXES_PER_WORD = 32;

const text = z.string().min(1);
const tokens = z.array(z.int().nonnegative()).min(1);

const EmbeddingRequestSchema = z.strictObject({
  model: z.string().min(1),
  input: z.union([text, tokens, z.array(text).min(1).max(2048), z.array(tokens).min(1).max(2048)]),
  dimensions: z.int().positive().nullish(),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  user: z.string().optional(),
});

/** `POST /v1/embeddings`. Texts that share words lie near each other; the same text is always the same vector. */
export const prepareEmbeddings: PrepareCall = (body, seed, dialect) => {
  const parsed = EmbeddingRequestSchema.safeParse(body);
  if (!parsed.success) throw fromZodError(parsed.error);
  const { model, input, encoding_format: encoding } = parsed.data;
  requireModel(dialect, 'embeddings', model);
  const longest = model.includes('large') ? 3072 : 1536;
  const dimensions = parsed.data.dimensions ?? longest;
  if (dimensions > longest) {
    throw invalidRequest(
      `Invalid value for 'dimensions': at most ${longest} for ${model}.`,
      'dimensions',
      'invalid_value',
    );
  }
  const texts = toTexts(input);
  const inputTokens = texts.reduce((sum, each) => sum + countTokens(each), 0);
  return {
    model,
    prompt: texts.join('\n\n'),
    cost: { requests: 1, tokens: inputTokens, images: 0 },
    streamed: false,
    produce: async () => ({
      kind: 'json',
      usage: { inputTokens, outputTokens: 0, images: 0 },
      body: {
        object: 'list',
        model,
        data: texts.map((each, index) => {
          const vector = embed(each, dimensions, hash(seed, model));
          return {
            object: 'embedding',
            index,
            embedding: encoding === 'base64' ? toBase64(vector) : [...vector],
          };
        }),
        usage: { prompt_tokens: inputTokens, total_tokens: inputTokens },
      },
    }),
  };
};

function toTexts(input: z.output<typeof EmbeddingRequestSchema>['input']): string[] {
  if (typeof input === 'string') return [input];
  // A flat list of numbers is one text in tokens; numbers stand in for its words.
  const numbers = input.filter((each) => typeof each === 'number');
  if (numbers.length > 0) return [numbers.join(' ')];
  return input.map((each) => (Array.isArray(each) ? each.join(' ') : String(each)));
}

/** Feature hashing: each word adds a fixed sparse pattern of signs; the sum is scaled to length 1. */
function embed(source: string, dimensions: number, seed: number): Float32Array {
  const vector = new Float32Array(dimensions);
  const words = source.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  // The whole text adds a pattern too, so that no two texts coincide and none is empty.
  for (const feature of [...words, `\n${source}`]) {
    const random = createRandom(hash(seed, feature));
    for (let count = 0; count < INDEXES_PER_WORD; count++) {
      const index = Math.floor(random() * dimensions);
      vector[index] = (vector[index] ?? 0) + (random() < 0.5 ? -1 : 1);
    }
  }
  const length = Math.hypot(...vector);
  // The patterns can cancel each other out.
  if (length === 0) return vector.fill(1 / Math.sqrt(dimensions));
  return vector.map((value) => value / length);
}

function toBase64(vector: Float32Array): string {
  return Buffer.from(vector.buffer).toString('base64');
}
