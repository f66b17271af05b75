import { describe, expect, test } from 'vitest';
import OpenAI from 'openai';
import { drawPicture, postRequest, promptFor, startSimulator, writePost } from './support.ts';

const PROMPT = promptFor({ brand: 'Nordlicht', variation: 1 });
const REQUEST = postRequest(PROMPT);
const PICTURE = { model: 'gpt-image-2', prompt: PROMPT } as const;

describe('a fault on demand', () => {
  test.each([
    ['rate_limited', { status: 429, code: 'rate_limit_exceeded' }],
    ['server_error', { status: 500, type: 'server_error' }],
    ['unauthorized', { status: 401, code: 'invalid_api_key' }],
    ['insufficient_quota', { status: 429, code: 'insufficient_quota', type: 'insufficient_quota' }],
  ] as const)(
    '%s is answered in the provider’s own form, without the model’s latency',
    async (kind, error) => {
      // The model would take an hour and more.
      const { openai, control } = await startSimulator({ timeScale: 1_000 });
      control.setFaults([{ kind }]);

      await expect(openai.chat.completions.create(REQUEST)).rejects.toMatchObject(error);
      await expect(openai.images.generate(PICTURE)).rejects.toMatchObject(error);
      expect(control.stats().chat.faults[kind]).toBe(1);
      expect(control.stats().images.faults[kind]).toBe(1);
    },
  );

  test('rate_limited says when to come again', async () => {
    const { openai, control } = await startSimulator();
    control.setFaults([{ kind: 'rate_limited', count: 1 }]);

    // The SDK's own retry waits for retry-after-ms and then succeeds.
    await expect(
      openai.withOptions({ maxRetries: 1 }).chat.completions.create(REQUEST),
    ).resolves.toBeDefined();
    expect(control.stats().chat).toMatchObject({ received: 2, succeeded: 1, faulted: 1 });
  });

  test('refusal of a caption is a message without content', async () => {
    const { openai, control } = await startSimulator();
    control.setFaults([{ kind: 'refusal' }]);
    const { choices } = await openai.chat.completions.create(REQUEST);

    expect(choices[0]?.message).toMatchObject({ content: null, refusal: expect.any(String) });
    expect(choices[0]?.finish_reason).toBe('stop');
  });

  test('refusal of a picture is a moderation error', async () => {
    const { openai, control } = await startSimulator();
    control.setFaults([{ kind: 'refusal' }]);

    await expect(openai.images.generate(PICTURE)).rejects.toMatchObject({
      status: 400,
      code: 'moderation_blocked',
    });
  });

  test('empty_image is a good answer without a picture', async () => {
    const { openai, control } = await startSimulator();
    control.setFaults([{ kind: 'empty_image' }]);

    expect((await openai.images.generate(PICTURE)).data).toEqual([]);
  });

  test('bad_json spoils every caption, now by cutting it short and now by its shape', async () => {
    const { openai, control } = await startSimulator();
    control.setFaults([{ kind: 'bad_json' }]);
    const variations = Array.from({ length: 12 }, (_, variation) => variation);
    const results = await Promise.allSettled(
      variations.map((variation) => writePost(openai, { brand: 'Nordlicht', variation })),
    );
    const reasons = new Set(
      results.map((result) => (result.status === 'rejected' ? result.reason.name : 'fine')),
    );

    expect(reasons).toEqual(new Set(['SyntaxError', 'ZodError']));
  });

  test('bad_json of a picture is a body that cannot be read', async () => {
    const { openai, control } = await startSimulator();
    control.setFaults([{ kind: 'bad_json' }]);

    await expect(openai.images.generate(PICTURE)).rejects.toThrow(/JSON/);
  });

  test('cut closes the connection in the middle of a picture that was paid for', async () => {
    const { openai, control } = await startSimulator();
    control.setFaults([{ kind: 'cut' }]);

    await expect(openai.images.generate(PICTURE)).rejects.toThrow();
    expect(control.stats().images).toMatchObject({ faulted: 1, aborted: 0, usage: { images: 1 } });
  });

  test('hang never answers, until the client gives up', async () => {
    const { openai, control } = await startSimulator();
    control.setFaults([{ kind: 'hang' }]);

    const givingUp = new AbortController();
    const call = openai.chat.completions.create(REQUEST, { signal: givingUp.signal });
    await expect.poll(() => control.stats().chat.inFlight).toBe(1);
    givingUp.abort();

    await expect(call).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
    await expect
      .poll(() => control.stats().chat)
      .toMatchObject({ inFlight: 0, aborted: 1, usage: { outputTokens: 0 } });
  });

  test('can be asked for by a marker in the prompt', async () => {
    const { openai } = await startSimulator();

    await expect(
      openai.images.generate({ ...PICTURE, prompt: `${PROMPT} [[simulate:server_error]]` }),
    ).rejects.toMatchObject({ status: 500 });
  });

  test('can be asked for by a marker for one endpoint only', async () => {
    const { openai } = await startSimulator();
    const brief = { brand: 'Nordlicht', description: 'Coffee [[simulate:refusal@images]]' };

    expect((await writePost(openai, brief)).caption).toContain('[simulated]');
    await expect(drawPicture(openai, promptFor(brief))).rejects.toMatchObject({ code: 'moderation_blocked' });
  });

  test('strikes only the next so many calls', async () => {
    const { openai, origin } = await startSimulator();
    const rules = [{ kind: 'server_error', endpoint: 'chat', count: 2 }];
    await fetch(`${origin}/control/faults`, { method: 'PUT', body: JSON.stringify(rules) });

    await expect(openai.chat.completions.create(REQUEST)).rejects.toMatchObject({ status: 500 });
    await expect(openai.images.generate(PICTURE)).resolves.toBeDefined();
    await expect(openai.chat.completions.create(REQUEST)).rejects.toMatchObject({ status: 500 });
    await expect(openai.chat.completions.create(REQUEST)).resolves.toBeDefined();
  });

  test('strikes only prompts that contain a text', async () => {
    const { openai, control } = await startSimulator();
    control.setFaults([{ kind: 'server_error', match: '"variation": 2' }]);

    await expect(writePost(openai, { variation: 1 })).resolves.toBeDefined();
    await expect(writePost(openai, { variation: 2 })).rejects.toMatchObject({ status: 500 });
  });

  test('strikes about the share of calls that was asked for, and the same ones in every run', async () => {
    const run = async (): Promise<string[]> => {
      const { openai } = await startSimulator({ seed: 5, faults: { server_error: 0.3 } });
      const variations = Array.from({ length: 100 }, (_, variation) => variation);
      const results = await Promise.allSettled(
        variations.map((variation) => writePost(openai, { variation })),
      );
      return results.map(({ status }) => status);
    };
    const first = await run();
    const failed = first.filter((status) => status === 'rejected').length;

    expect(failed).toBeGreaterThan(15);
    expect(failed).toBeLessThan(45);
    expect(await run()).toEqual(first);
  });

  test('can be taken back', async () => {
    const { openai, origin } = await startSimulator({ faults: { server_error: 1 } });
    await expect(openai.chat.completions.create(REQUEST)).rejects.toMatchObject({ status: 500 });
    await fetch(`${origin}/control/faults`, { method: 'DELETE' });

    await expect(openai.chat.completions.create(REQUEST)).resolves.toBeDefined();
  });

  test('of a kind that does not exist is refused', async () => {
    const { origin } = await startSimulator();
    const response = await fetch(`${origin}/control/faults`, {
      method: 'PUT',
      body: '[{"kind":"gremlins"}]',
    });

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param: '[0].kind' } });
  });
});

test('a scripted fault answers with the status and the body of its rule, and a 200 counts as paid', async () => {
  const { openai, control } = await startSimulator();
  const body = { error: { message: 'No such model', code: 'model_not_found' } };
  control.setFaults([
    { kind: 'scripted', endpoint: 'chat', status: 404, body },
    { kind: 'scripted', endpoint: 'images', body: { data: [] } },
  ]);
  await expect(openai.chat.completions.create(REQUEST)).rejects.toMatchObject({
    status: 404,
    code: 'model_not_found',
  });
  await expect(openai.images.generate(PICTURE)).resolves.toMatchObject({ data: [] });
  expect(control.stats().chat).toMatchObject({ faulted: 1, usage: { outputTokens: 0 } });
  expect(control.stats().images).toMatchObject({ faulted: 1, usage: { images: 1 } });
});
