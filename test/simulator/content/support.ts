import type OpenAI from 'openai';
import { z } from 'zod';

const postSchema = z.strictObject({
  caption: z.string(),
  hashtags: z.array(z.string()),
  altText: z.string(),
});
const itemSchema = z.strictObject({
  position: z.int(),
  angle: z.string(),
  hook: z.string(),
  keyMessage: z.string(),
  scene: z.string(),
  audience: z.string(),
});
export const planSchema = z.strictObject({ items: z.array(itemSchema) });
const verdictSchema = z.strictObject({
  violations: z.array(z.strictObject({ clause: z.string(), excerpt: z.string() })),
});
export type Item = z.output<typeof itemSchema>;

/** Labelled blocks as the application writes them. */
export function blocks(parts: Readonly<Record<string, unknown>>): string {
  return Object.entries(parts)
    .map(([label, data]) => `<${label}>\n${JSON.stringify(data, null, 1)}\n</${label}>`)
    .join('\n');
}

/** The request for an answer that satisfies the schema. */
export function request(
  parts: Readonly<Record<string, unknown>>,
  schema: z.ZodType,
): OpenAI.ChatCompletionCreateParamsNonStreaming {
  const { $schema: _, ...jsonSchema } = z.toJSONSchema(schema);
  return {
    model: 'gpt-5.4-mini',
    messages: [{ role: 'user', content: blocks(parts) }],
    response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: jsonSchema } },
  };
}

async function ask<T>(
  openai: OpenAI,
  parts: Readonly<Record<string, unknown>>,
  schema: z.ZodType<T>,
): Promise<T> {
  const { choices } = await openai.chat.completions.create(request(parts, schema));
  return schema.parse(JSON.parse(choices[0]?.message.content ?? ''));
}

export const askPost = (openai: OpenAI, parts: Readonly<Record<string, unknown>>) =>
  ask(openai, parts, postSchema);
export const askVerdict = (openai: OpenAI, parts: Readonly<Record<string, unknown>>) =>
  ask(openai, parts, verdictSchema);

/** Asks for a plan of `count` items; `change` is of the request. */
export async function askPlan(
  openai: OpenAI,
  brief: object,
  count: number,
  change: object = {},
): Promise<Item[]> {
  const positions = Array.from({ length: count }, (_, index) => index + 1);
  const asked = { positions, given: [], families: [], taken: [], instruction: null, ...change };
  return (await ask(openai, { brief, 'plan-request': asked }, planSchema)).items;
}

/** The block of a caption's prompt. */
export function planOf({ angle, hook, keyMessage, scene }: Item) {
  return { angle, hook, keyMessage, scene };
}

const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' });

/** The most posts that open with the same words, this many. */
export function mostSameOpenings(texts: readonly string[], words: number): number {
  const counts = new Map<string, number>();
  for (const text of texts) {
    const found = [...segmenter.segment(text.toLowerCase())].filter(({ isWordLike }) => isWordLike);
    const opening = found
      .slice(0, words)
      .map(({ segment }) => segment)
      .join(' ');
    counts.set(opening, (counts.get(opening) ?? 0) + 1);
  }
  return Math.max(...counts.values());
}
