import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type OpenAI from 'openai';
import { postRequest, promptFor, startSimulator } from './support.ts';

async function produce(openai: OpenAI, schema: z.ZodType): Promise<unknown> {
  const completion = await openai.chat.completions.create({
    ...postRequest(promptFor({ brand: 'Acme', language: 'de' })),
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'anything', schema: z.toJSONSchema(schema) },
    },
  });
  return JSON.parse(completion.choices[0]?.message.content ?? '');
}

describe('structured output', () => {
  test('satisfies the schema of an article, whatever its fields are called', async () => {
    const article = z.strictObject({
      title: z.string().max(80),
      slug: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
      summary: z.string().min(10).max(200),
      kind: z.enum(['guide', 'story']),
      readingMinutes: z.int().min(2).max(9),
      score: z.number().min(0).max(1),
      published: z.boolean(),
      publishedAt: z.iso.datetime(),
      canonical: z.url().nullable(),
      sections: z
        .array(z.strictObject({ heading: z.string(), paragraphs: z.array(z.string()).min(2) }))
        .min(4)
        .max(6),
    });
    const { openai } = await startSimulator();

    expect(article.parse(await produce(openai, article))).toMatchObject({
      summary: expect.stringContaining('[simulated]'),
    });
  });

  test('satisfies a schema that contains itself', async () => {
    const node = z.strictObject({
      label: z.string(),
      get children() {
        return z.array(node);
      },
    });
    const { openai } = await startSimulator();

    expect(() => node.parse({})).toThrow();
    expect(node.parse(await produce(openai, node))).toHaveProperty('children');
  });

  test('honours the lengths that the schema sets for caption and hashtags', async () => {
    const post = z.strictObject({
      caption: z.string().max(60),
      hashtags: z
        .array(z.string().regex(/^\p{L}+$/u))
        .min(3)
        .max(4),
    });
    const { openai } = await startSimulator();

    expect(post.parse(await produce(openai, post)).caption).toContain('[simulated]');
  });

  test('gives each post of a list its own caption', async () => {
    const posts = z.strictObject({ posts: z.array(z.strictObject({ caption: z.string() })).length(5) });
    const { openai } = await startSimulator();
    const produced = posts.parse(await produce(openai, posts));

    expect(new Set(produced.posts.map(({ caption }) => caption)).size).toBe(5);
  });

  test('is refused for a strict schema with an open object, as the real service does', async () => {
    const { openai } = await startSimulator();
    const format: OpenAI.ResponseFormatJSONSchema = {
      type: 'json_schema',
      json_schema: { name: 'open', strict: true, schema: { type: 'object', properties: {} } },
    };

    await expect(
      openai.chat.completions.create({ ...postRequest('x'), response_format: format }),
    ).rejects.toMatchObject({ status: 400, param: 'response_format', code: 'invalid_json_schema' });
  });

  test('is refused, not invented, where no text fits the pattern', async () => {
    const { openai } = await startSimulator();

    await expect(
      produce(openai, z.strictObject({ code: z.string().regex(/^Q{17}$/) })),
    ).rejects.toMatchObject({
      status: 400,
      param: 'response_format',
    });
  });
});
