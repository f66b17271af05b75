import { describe, expect, test } from 'vitest';
import type OpenAI from 'openai';
import { startSimulator } from './support.ts';

const MODEL = 'text-embedding-3-small';

async function embed(openai: OpenAI, input: string[]): Promise<number[][]> {
  const { data } = await openai.embeddings.create({ model: MODEL, input });
  return data.map(({ embedding }) => embedding);
}

function dot(one: number[] | undefined, other: number[] | undefined): number {
  return (one ?? []).reduce((sum, value, index) => sum + value * (other?.[index] ?? 0), 0);
}

describe('an embedding', () => {
  test('is a vector of length 1 and of the model’s dimensions', async () => {
    const { openai } = await startSimulator();
    const [vector] = await embed(openai, ['warm bread']);

    expect(vector).toHaveLength(1536);
    expect(dot(vector, vector)).toBeCloseTo(1, 5);
  });

  test('is the same for the same text', async () => {
    const { openai } = await startSimulator();
    const [one, other] = await embed(openai, ['warm bread', 'warm bread']);

    expect(one).toEqual(other);
  });

  test('lies nearer to a text with the same words than to another', async () => {
    const { openai } = await startSimulator();
    const [bread, similar, other] = await embed(openai, [
      'warm bread rolls',
      'fresh warm bread',
      'a loud red tractor',
    ]);

    expect(dot(bread, similar)).toBeGreaterThan(dot(bread, other) + 0.2);
  });

  test('is the same whether it travels as numbers or as base64', async () => {
    const { openai } = await startSimulator();
    const request = { model: MODEL, input: 'warm bread', dimensions: 64 };
    const asFloats = await openai.embeddings.create({ ...request, encoding_format: 'float' });
    const asDefault = await openai.embeddings.create(request);

    expect(asDefault.data[0]?.embedding).toHaveLength(64);
    expect(asDefault.data[0]?.embedding).toEqual(asFloats.data[0]?.embedding);
  });

  test('of nothing is refused', async () => {
    const { openai } = await startSimulator();

    await expect(openai.embeddings.create({ model: MODEL, input: '' })).rejects.toMatchObject({
      status: 400,
      param: 'input',
    });
  });
});
