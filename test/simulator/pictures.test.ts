import { PNG } from 'pngjs';
import { describe, expect, test } from 'vitest';
import { subjectOf } from '../../src/simulator/image/subjects.ts';
import { drawPicture, promptFor, startSimulator } from './support.ts';

const PROMPT = promptFor({ brand: 'Nordlicht', tone: 'BOLD', variation: 1 });

describe('a picture', () => {
  test.each([
    ['1024x1024', 1024, 1024],
    ['1536x1024', 1536, 1024],
    ['1024x1536', 1024, 1536],
    ['auto', 1024, 1024],
  ] as const)('of size %s is a PNG of that many pixels', async (size, width, height) => {
    const { openai } = await startSimulator();
    const png = PNG.sync.read(await drawPicture(openai, PROMPT, { size }), { checkCRC: true });

    expect(png).toMatchObject({ width, height });
  });

  test('says SIMULATED in its metadata', async () => {
    const { openai } = await startSimulator();
    const text = (await drawPicture(openai, PROMPT)).toString('latin1');

    expect(text).toContain('tEXtComment\0SIMULATED');
  });

  test('says SIMULATED in its pixels, even without a brand', async () => {
    const { openai } = await startSimulator();
    const png = PNG.sync.read(await drawPicture(openai, 'A quiet lake'));
    const colours = new Set<number>();
    // The right half of the strip at the foot, where the word stands with smooth edges: bare, it would be of one colour.
    for (let y = png.height - 90; y < png.height - 20; y++) {
      for (let x = png.width / 2; x < png.width; x++)
        colours.add(png.data.readUInt32BE((y * png.width + x) * 4));
    }

    expect(colours.size).toBeGreaterThan(2);
  });

  test.each([
    ['a workshop for bicycles', '自転車の修理工房'],
    ['mineral water in bottles', 'Mineralwasser in Flaschen'],
  ])('shows its subject, whatever the language: %s, %s', (one, other) => {
    expect(subjectOf(one)).toBeDefined();
    expect(subjectOf(one)).toBe(subjectOf(other));
    expect(subjectOf('an idea')).toBeUndefined();
  });

  test('writes the name of the brand also in Japanese', async () => {
    const { openai } = await startSimulator();
    const named = PNG.sync.read(await drawPicture(openai, promptFor({ brand: '月の葉茶園' })));
    const colours = new Set<number>();
    for (let y = named.height - 90; y < named.height - 20; y++) {
      for (let x = 30; x < 250; x++) colours.add(named.data.readUInt32BE((y * named.width + x) * 4));
    }
    expect(colours.size).toBeGreaterThan(2);
  });

  test('is small enough to keep hundreds of them', async () => {
    const { openai } = await startSimulator();
    const prompts = Array.from({ length: 12 }, (_, index) =>
      promptFor({ brand: `Brand ${index}`, variation: index }),
    );
    const pictures = await Promise.all(prompts.map((prompt) => drawPicture(openai, prompt)));

    expect(Math.max(...pictures.map(({ length }) => length))).toBeLessThan(100_000);
  });

  test('is the same for the same prompt and seed', async () => {
    const one = await startSimulator({ seed: 3 });
    const other = await startSimulator({ seed: 3 });

    expect((await drawPicture(one.openai, PROMPT)).equals(await drawPicture(other.openai, PROMPT))).toBe(
      true,
    );
  });

  test('is another one for another post of the batch', async () => {
    const { openai } = await startSimulator();
    const second = await drawPicture(openai, promptFor({ brand: 'Nordlicht', tone: 'BOLD', variation: 2 }));

    expect((await drawPicture(openai, PROMPT)).equals(second)).toBe(false);
  });

  test('comes as often as asked for, and each differs', async () => {
    const { openai } = await startSimulator();
    const { data } = await openai.images.generate({ model: 'gpt-image-2', prompt: PROMPT, n: 3 });

    expect(new Set(data?.map(({ b64_json: base64 }) => base64)).size).toBe(3);
  });

  test('costs what the real model would, by quality', async () => {
    const { openai } = await startSimulator();
    const generate = async (quality: 'low' | 'medium' | 'high'): Promise<number> => {
      const { usage } = await openai.images.generate({ model: 'gpt-image-2', prompt: PROMPT, quality });
      expect(usage?.total_tokens).toBe((usage?.input_tokens ?? 0) + (usage?.output_tokens ?? 0));
      expect(usage?.input_tokens_details.text_tokens).toBe(usage?.input_tokens);
      return ((usage?.output_tokens ?? 0) * 30) / 1_000_000;
    };

    expect(await generate('low')).toBeCloseTo(0.006, 3);
    expect(await generate('medium')).toBeCloseTo(0.053, 3);
    expect(await generate('high')).toBeCloseTo(0.211, 3);
  });

  test('in another format than PNG is refused by the name of the parameter', async () => {
    const { openai } = await startSimulator();

    await expect(
      openai.images.generate({ model: 'gpt-image-2', prompt: 'x', output_format: 'webp' }),
    ).rejects.toMatchObject({ status: 400, type: 'invalid_request_error', param: 'output_format' });
  });

  test('cannot be asked for with a parameter of the old models', async () => {
    const { openai } = await startSimulator();

    await expect(
      openai.images.generate({ model: 'gpt-image-2', prompt: 'x', response_format: 'b64_json' }),
    ).rejects.toMatchObject({ status: 400, param: 'response_format', code: 'unknown_parameter' });
  });
});

describe('a picture of a plan', () => {
  const blocks = (scene: string, palette: readonly string[]) =>
    `<scene>${JSON.stringify({ scene })}</scene><brand>${JSON.stringify({ palette })}</brand>${promptFor({ brand: 'Fernway' })}`;
  const coloursOf = (png: Buffer) => {
    const { data } = PNG.sync.read(png);
    const counts = new Map<string, number>();
    for (let at = 0; at < data.length; at += 4) {
      const colour = data.subarray(at, at + 3).toString('hex');
      counts.set(colour, (counts.get(colour) ?? 0) + 1);
    }
    return counts;
  };

  test('has the colours of its brand', async () => {
    const { openai } = await startSimulator();
    const colours = coloursOf(await drawPicture(openai, blocks('A field', ['#0b3d2e', '#e8b04a'])));

    for (const colour of ['0b3d2e', 'e8b04a']) expect(colours.get(colour) ?? 0).toBeGreaterThan(50);
  });

  test('is another one each time that it is asked for, and the same ones in every run', async () => {
    const run = async () => {
      const { openai } = await startSimulator({ seed: 4 });
      const prompt = blocks('A bicycle under a tree', []);
      return [await drawPicture(openai, prompt), await drawPicture(openai, prompt)].map((png) =>
        png.toString('hex'),
      );
    };
    const [first, second] = await run();

    expect(first).not.toBe(second);
    expect(await run()).toEqual([first, second]);
  });
});
