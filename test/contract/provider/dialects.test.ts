import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { captionSchema } from '../../../src/domain/posts/content.ts';
import { parseModelName } from '../../../src/provider/openai/dialects.ts';
import { createOpenAiModel } from '../../../src/provider/openai/openai.ts';
import { startSimulator } from '../../simulator/support.ts';

const never = new AbortController().signal;
const asked = { messages: [{ role: 'user' as const, content: 'A post on a lighthouse.' }], maxTokens: 500 };
const nested = z.strictObject({
  sections: z.array(z.strictObject({ title: z.string().min(1).max(90), words: z.int().min(0) })).min(1),
});

/** Each plays the endpoint of its provider, which refuses what the real one refuses or ignores. */
const models = {
  openai: 'gpt-5.4-mini',
  anthropic: 'anthropic:claude-haiku-4-5',
  gemini: 'gemini:gemini-2.5-flash',
  ollama: 'ollama:llama3.2:3b',
} as const;

const playing = async (name: string, apiKey: string | undefined = 'key') => {
  const { provider } = parseModelName(name);
  const { url, control } = await startSimulator({ dialect: provider, apiKeys: ['key'] });
  const modelOf = (text: string) => createOpenAiModel(parseModelName(text), { apiKey, baseUrl: url });
  return { model: modelOf(name), modelOf, control };
};

describe.each(Object.entries(models))('a model of %s', (provider, name) => {
  it('answers with an object, a nested one, and a text, under the name that the ledger has', async () => {
    const { model } = await playing(name);
    expect(model.name).toBe(name);
    const caption = await model.generateObject({ ...asked, schema: captionSchema }, never);
    expect(caption.value.caption).toContain('[simulated]');
    expect(caption.usage?.outputTokens).toBeGreaterThan(10);
    expect(caption.requestId).toMatch(/^req_/);
    const outline = await model.generateObject({ ...asked, schema: nested }, never);
    expect(nested.parse(outline.value)).toEqual(outline.value);
    const text = await model.generateText(asked, never);
    expect(text.value).toContain('[simulated]');
    expect(text.usage?.outputTokens).toBeGreaterThan(10);
  });

  it('stops at the most tokens that it may write', async () => {
    const { model } = await playing(name);
    const short = model.generateObject({ ...asked, schema: captionSchema, maxTokens: 5 }, never);
    await expect(short).rejects.toMatchObject({
      code: 'BAD_ANSWER',
      paid: 'YES',
      usage: { outputTokens: 5 },
    });
  });

  it.each([
    ['refuses the content', 'refusal', 'CONTENT_REFUSED'],
    ['has no credit', 'insufficient_quota', 'QUOTA_EXHAUSTED'],
    ['rejects the key', 'unauthorized', 'PROVIDER_REJECTED_KEY'],
    ['limits the rate', 'rate_limited', 'RATE_LIMITED'],
    ['fails', 'server_error', 'PROVIDER_UNAVAILABLE'],
  ] as const)('is understood when it %s', async (_what, kind, code) => {
    const { model, control } = await playing(name);
    control.setFaults([{ kind }]);
    const refused = model.generateObject({ ...asked, schema: captionSchema }, never);
    await expect(refused).rejects.toMatchObject({ code });
    await expect(model.generateText(asked, never)).rejects.toMatchObject({ code });
  });

  it('is told apart from a model that is not there', async () => {
    const { modelOf } = await playing(name);
    const absent = modelOf(`${provider}:${provider === 'openai' ? 'claude' : 'gpt'}-9`);
    await expect(absent.generateText(asked, never)).rejects.toMatchObject({
      code: 'PROVIDER_MODEL_UNAVAILABLE',
    });
  });
});

it('Ollama needs no key', async () => {
  const { model } = await playing(models.ollama, undefined);
  expect((await model.generateText(asked, never)).value).toContain('[simulated]');
});

it.each([
  [models.anthropic, 'the format of an answer'],
  [models.gemini, 'a keyword of JSON Schema that it does not know'],
  [models.ollama, 'another name of the most tokens'],
])('%s would not take the request of OpenAI: it refuses %s', async (name, _refused) => {
  const { provider, model } = parseModelName(name);
  const { url } = await startSimulator({ dialect: provider });
  const asOpenAi = createOpenAiModel({ ...parseModelName('gpt'), model }, { apiKey: 'key', baseUrl: url });
  const refused = asOpenAi.generateObject({ ...asked, schema: captionSchema }, never);
  await expect(refused).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
});
