import { expect, it } from 'vitest';
import { z } from 'zod';
import { captionSchema } from '../../../src/domain/posts/content.ts';
import { parseModelName } from '../../../src/provider/openai/dialects.ts';
import { createOpenAiModel } from '../../../src/provider/openai/openai.ts';
import type { Model } from '../../../src/provider/provider.ts';
import type { Control } from '../../../src/simulator/server.ts';
import { startSimulator } from '../../simulator/support.ts';

const never = new AbortController().signal;
const messages = [
  { role: 'system' as const, content: 'You write.' },
  { role: 'user' as const, content: 'A post on a lighthouse.' },
];
const asked = { messages, maxTokens: 500 };

async function open(model: string): Promise<{ model: Model; control: Control }> {
  const { url, control } = await startSimulator();
  return { model: createOpenAiModel(parseModelName(model), { apiKey: 'simulated', baseUrl: url }), control };
}

it('an object is what its schema says, with usage, limits and the id of the request', async () => {
  const { model } = await open('gpt-5.4-mini');
  const bought = await model.generateObject({ ...asked, schema: captionSchema }, never);
  expect(bought).toEqual({
    value: { caption: expect.stringContaining('[simulated]'), hashtags: expect.any(Array) },
    usage: { inputTokens: expect.any(Number), outputTokens: expect.any(Number) },
    limits: { requests: 5000, tokens: 2_000_000, images: undefined },
    requestId: expect.stringMatching(/^req_/),
  });
});

it('an object may nest, and its answer is checked by all of its schema', async () => {
  const { model } = await open('gpt-5.4-mini');
  const section = z.strictObject({ title: z.string().min(1).max(200), words: z.int().min(0) });
  const schema = z.strictObject({
    sections: z.array(section).min(1),
    tone: z.enum(['calm', 'loud']).nullable(),
  });
  const { value } = await model.generateObject({ ...asked, schema }, never);
  expect(schema.parse(value)).toEqual(value);
  const strict = schema.refine(() => false);
  await expect(model.generateObject({ ...asked, schema: strict }, never)).rejects.toMatchObject({
    code: 'BAD_ANSWER',
    paid: 'YES',
  });
});

it('a text comes in pieces and is returned whole, with its usage', async () => {
  const { model } = await open('gpt-5.4-mini');
  const pieces: string[] = [];
  const { value, usage } = await model.generateText(
    { ...asked, onText: (piece) => pieces.push(piece) },
    never,
  );
  expect(pieces.length).toBeGreaterThan(3);
  expect(pieces.join('')).toBe(value);
  expect(usage?.outputTokens).toBeGreaterThan(10);
});

it.each([
  ['refused', 'refusal', 'CONTENT_REFUSED', 'YES'],
  ['cut off', 'cut', 'PROVIDER_UNAVAILABLE', 'MAYBE'],
  ['answered with an error', 'server_error', 'PROVIDER_UNAVAILABLE', 'NO'],
] as const)('a text that is %s is no text', async (_how, kind, code, paid) => {
  const { model, control } = await open('gpt-5.4-mini');
  control.setFaults([{ kind }]);
  await expect(model.generateText(asked, never)).rejects.toMatchObject({ code, paid });
});

it('a text that ends at its maximum of tokens is no text, and is paid', async () => {
  const { model } = await open('gpt-5.4-mini');
  const short = model.generateText({ messages, maxTokens: 5 }, never);
  await expect(short).rejects.toMatchObject({ code: 'BAD_ANSWER', paid: 'YES', usage: { outputTokens: 5 } });
});

it('a text that is called off in its middle rejects with the reason', async () => {
  const { model } = await open('gpt-5.4-mini');
  const caller = new AbortController();
  const reason = new Error('called off');
  const text = model.generateText({ ...asked, onText: () => caller.abort(reason) }, caller.signal);
  await expect(text).rejects.toBe(reason);
});

it('an image is a PNG file', async () => {
  const { model } = await open('gpt-image-2');
  const { value, usage } = await model.generateImage(
    { prompt: 'a lighthouse', size: '1024x1024', quality: 'low' },
    never,
  );
  expect(Buffer.from(value).subarray(1, 4).toString()).toBe('PNG');
  expect(usage?.outputTokens).toBe(196);
});

it('texts become vectors in their order, and are paid by their tokens', async () => {
  const { model } = await open('text-embedding-3-small');
  const { value, usage } = await model.embed(['a lighthouse', 'a harbour'], never);
  const [alone] = (await model.embed(['a harbour'], never)).value;
  expect(value).toHaveLength(2);
  expect(value[1]).toEqual(alone);
  expect(value[0]).not.toEqual(alone);
  expect(usage).toEqual({ inputTokens: expect.any(Number), outputTokens: 0 });
});
