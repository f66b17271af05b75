import { describe, expect, test } from 'vitest';
import { connect, postRequest, startSimulator, writePost } from './support.ts';

describe('the server', () => {
  test('listens on this machine only', async () => {
    const { url } = await startSimulator();

    expect(new URL(url).hostname).toBe('127.0.0.1');
    expect(url).toMatch(/\/v1$/);
    await expect(fetch(url.replace('127.0.0.1', '127.0.0.2'))).rejects.toThrow();
  });

  test('names every answer with a request id and calls itself simulated', async () => {
    const { openai } = await startSimulator();
    const {
      data,
      response,
      request_id: requestId,
    } = await openai.chat.completions.create(postRequest('Hello')).withResponse();

    expect(requestId).toMatch(/^req_\w{32}$/);
    expect(data).toMatchObject({ model: 'gpt-5.4-mini', system_fingerprint: 'simulated' });
    expect(response.headers.get('openai-version')).toBe('2020-10-01');
    expect(Number(response.headers.get('openai-processing-ms'))).toBeGreaterThan(0);
  });

  test('counts tokens that add up', async () => {
    const { openai } = await startSimulator();
    const { usage } = await openai.chat.completions.create(postRequest('Hello'.repeat(100)));

    expect(usage?.prompt_tokens).toBeGreaterThan(125);
    expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0));
  });

  test('stops writing at the number of tokens that was asked for', async () => {
    const { openai } = await startSimulator();
    const { choices, usage } = await openai.chat.completions.create({
      ...postRequest('Hi'),
      max_completion_tokens: 5,
    });

    expect(choices[0]?.finish_reason).toBe('length');
    expect(usage?.completion_tokens).toBe(5);
  });

  test('lists its models and knows newer ones of the same families', async () => {
    const { openai } = await startSimulator();
    const ids = (await openai.models.list()).data.map(({ id }) => id);

    expect(ids).toEqual(expect.arrayContaining(['gpt-5.4-mini', 'gpt-image-2', 'text-embedding-3-small']));
    expect(await openai.models.retrieve('gpt-9-nano')).toMatchObject({ id: 'gpt-9-nano', object: 'model' });
    await expect(openai.models.retrieve('llama')).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
  });

  test('does not write captions with a model that draws', async () => {
    const { openai } = await startSimulator();

    await expect(
      openai.chat.completions.create({ ...postRequest('x'), model: 'gpt-image-2' }),
    ).rejects.toMatchObject({ status: 404, code: 'model_not_found', param: 'model' });
  });

  test('names the field that is wrong', async () => {
    const { openai } = await startSimulator();

    await expect(
      openai.chat.completions.create({ model: 'gpt-5.4-mini', messages: [] }),
    ).rejects.toMatchObject({
      status: 400,
      param: 'messages',
    });
    await expect(
      openai.chat.completions.create({ ...postRequest('x'), max_tokens: 9 }),
    ).rejects.toMatchObject({
      status: 400,
      param: 'max_tokens',
      code: 'unsupported_parameter',
    });
  });

  test('lets in only the keys it was given', async () => {
    const { url, openai } = await startSimulator({ apiKeys: ['right'] });

    await expect(openai.models.list()).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
    await expect(connect(url, 'right').models.list()).resolves.toBeDefined();
  });

  test('asks for a key at all', async () => {
    const { url } = await startSimulator();
    const response = await fetch(`${url}/chat/completions`, { method: 'POST', body: '{}' });

    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({
      error: { type: 'invalid_request_error', code: 'invalid_api_key' },
    });
  });

  test('answers broken JSON and unknown paths in the provider’s form', async () => {
    const { url } = await startSimulator();
    const headers = { authorization: 'Bearer simulated' };
    const broken = await fetch(`${url}/embeddings`, { method: 'POST', headers, body: '{"model":' });
    const lost = await fetch(`${url}/nowhere`, { headers });

    expect([broken.status, lost.status]).toEqual([400, 404]);
    for (const response of [broken, lost]) {
      expect(response.headers.get('x-request-id')).toMatch(/^req_/);
      expect(await response.json()).toMatchObject({
        error: { message: expect.any(String), type: 'invalid_request_error', param: null, code: null },
      });
    }
  });

  test('goes on serving after a caller that sent nonsense', async () => {
    const { url, origin, openai } = await startSimulator();
    const headers = { authorization: 'Bearer simulated' };
    const nonsense = [
      'null',
      '[]',
      '{"messages":{}}',
      '{"model":"gpt-5.4-mini","messages":[{"role":"king"}]}',
      '',
    ];
    const answers = await Promise.all([
      ...nonsense.map((body) => fetch(`${url}/chat/completions`, { method: 'POST', headers, body })),
      ...nonsense.map((body) => fetch(`${origin}/control/limits`, { method: 'PUT', body })),
      fetch(`${url}/models/%E0%A4%A`, { headers }),
      fetch(`${url}/chat/completions`, { method: 'POST', headers, body: 'x'.repeat(5_000_000) }),
    ]);

    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status < 400 || status >= 500)).toEqual([]);
    await expect(writePost(openai, {})).resolves.toBeDefined();
  });
});
