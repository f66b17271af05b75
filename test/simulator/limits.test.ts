import { describe, expect, test } from 'vitest';
import { formatDuration } from '../../src/simulator/behaviour/limits.ts';
import { FROZEN, INSTANT, postRequest, promptFor, startSimulator } from './support.ts';

const REQUEST = postRequest(promptFor({ brand: 'Nordlicht' }));
const PICTURE = { model: 'gpt-image-2', prompt: 'A lake' } as const;

describe('the limits', () => {
  test('are told with every caption', async () => {
    const { openai } = await startSimulator({ ...INSTANT, timeScale: FROZEN });
    const { response } = await openai.chat.completions.create(REQUEST).withResponse();

    expect(response.headers.get('x-ratelimit-limit-requests')).toBe('5000');
    expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('4999');
    expect(response.headers.get('x-ratelimit-reset-requests')).toMatch(/^\d+(\.\d+)?s$/);
    expect(response.headers.get('x-ratelimit-limit-tokens')).toBe('2000000');
    expect(Number(response.headers.get('x-ratelimit-remaining-tokens'))).toBeLessThan(2_000_000);
    expect(response.headers.get('x-ratelimit-reset-tokens')).toMatch(/^\d+(\.\d+)?(ms|s)$/);
  });

  test('of pictures are told with every picture', async () => {
    const { openai } = await startSimulator({ ...INSTANT, timeScale: FROZEN });
    const { response } = await openai.images.generate({ ...PICTURE, n: 2 }).withResponse();

    expect(response.headers.get('x-ratelimit-limit-images')).toBe('250');
    expect(response.headers.get('x-ratelimit-remaining-images')).toBe('248');
    expect(response.headers.get('x-ratelimit-reset-images')).toMatch(/^\d+m\d+s$/);
    expect(response.headers.get('x-ratelimit-limit-requests')).toBe('5000');
  });

  test('let ten pictures at once pass as they come', async () => {
    const { openai } = await startSimulator({ ...INSTANT, timeScale: FROZEN });
    const ten = Array.from({ length: 10 }, () => openai.images.generate(PICTURE));

    await expect(Promise.all(ten)).resolves.toHaveLength(10);
  });

  test('refuse what comes too fast, and say when to come again', async () => {
    const { openai, control } = await startSimulator({
      ...INSTANT,
      timeScale: FROZEN,
      limits: { imagesPerMinute: 5 },
    });
    await openai.images.generate(PICTURE);
    const refusal = await openai.images.generate(PICTURE).catch((error: unknown) => error);

    expect(refusal).toMatchObject({ status: 429, code: 'rate_limit_exceeded', type: 'input-images' });
    const headers = refusal instanceof Error && 'headers' in refusal ? refusal.headers : undefined;
    const retryAfterMs = Number(headers instanceof Headers ? headers.get('retry-after-ms') : Number.NaN);
    // A fifth of a minute for the next picture, and a tenth of that because refused calls count too.
    expect(retryAfterMs / FROZEN).toBeGreaterThan(12_000);
    expect(retryAfterMs / FROZEN).toBeLessThanOrEqual(13_200);
    expect(headers instanceof Headers ? headers.get('retry-after') : '').toBe(
      String(Math.ceil(retryAfterMs / 1000)),
    );
    expect(control.stats().images).toMatchObject({ succeeded: 1, rateLimited: 1 });
  });

  test('of tokens count the answer that was asked for before it is written', async () => {
    const { openai } = await startSimulator({
      ...INSTANT,
      timeScale: FROZEN,
      limits: { tokensPerMinute: 6000 },
    });
    await openai.chat.completions.create({ ...REQUEST, max_completion_tokens: 900 });

    await expect(
      openai.chat.completions.create({ ...REQUEST, max_completion_tokens: 900 }),
    ).rejects.toMatchObject({ status: 429, type: 'tokens' });
  });

  test('let a client in again after the time that they named', async () => {
    const { openai } = await startSimulator({ ...INSTANT, timeScale: 0.01, limits: { imagesPerMinute: 5 } });
    await openai.images.generate(PICTURE);
    // The SDK's own retry waits for exactly retry-after-ms.
    const patient = openai.withOptions({ maxRetries: 1 });

    await expect(patient.images.generate(PICTURE)).resolves.toHaveProperty('data');
  });

  test('keep a client waiting longer that does not wait, but not for ever', async () => {
    const { openai } = await startSimulator({
      ...INSTANT,
      timeScale: FROZEN,
      limits: { imagesPerMinute: 60 },
    });
    const flood = await Promise.allSettled(Array.from({ length: 60 }, () => openai.images.generate(PICTURE)));
    const waits = flood
      .filter((result) => result.status === 'rejected')
      .map(({ reason }) => Number(reason.headers.get('retry-after-ms')) / FROZEN);

    expect(waits).toHaveLength(50);
    expect(Math.max(...waits)).toBeGreaterThan(2000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(3600);
  });

  test('can be changed while the simulator runs', async () => {
    const { openai, origin } = await startSimulator({ ...INSTANT, timeScale: FROZEN });
    await fetch(`${origin}/control/limits`, { method: 'PUT', body: JSON.stringify({ imagesPerMinute: 5 }) });
    const { response } = await openai.images.generate(PICTURE).withResponse();

    expect(response.headers.get('x-ratelimit-limit-images')).toBe('5');
    expect(response.headers.get('x-ratelimit-limit-requests')).toBe('5000');
    await expect(openai.images.generate(PICTURE)).rejects.toMatchObject({ status: 429 });
  });

  test.each([
    [0, '0s'],
    [119.2, '120ms'],
    [1000, '1s'],
    [8640, '8.64s'],
    [360_000, '6m0s'],
  ])('write %d ms as the provider does', (milliseconds, written) => {
    expect(formatDuration(milliseconds)).toBe(written);
  });
});

describe('simulated time', () => {
  test('scales the thinking of the model', async () => {
    const fast = await startSimulator({ timeScale: 0.01, fixedLatency: true });
    const slow = await startSimulator({ timeScale: 1_000, fixedLatency: true });
    const slowly = Promise.allSettled([slow.openai.images.generate(PICTURE)]);
    await expect.poll(() => slow.control.stats().images.inFlight).toBe(1);
    const began = performance.now();
    await fast.openai.images.generate(PICTURE);

    // The middle of 5 to 15 seconds, a hundred times faster.
    expect(performance.now() - began).toBeGreaterThan(95);
    expect(slow.control.stats().images.inFlight).toBe(1);
    await slow.stop();
    await slowly;
  });

  test('scales the minute of the limits and what the headers say about it', async () => {
    const limits = { requestsPerMinute: 60 };
    const slow = await startSimulator({ ...INSTANT, timeScale: 10, limits });
    const fast = await startSimulator({ ...INSTANT, timeScale: 0.1, limits });
    const { response: slowly } = await slow.openai.chat.completions.create(REQUEST).withResponse();
    const { response: quickly } = await fast.openai.chat.completions.create(REQUEST).withResponse();

    expect(slowly.headers.get('x-ratelimit-reset-requests')).toMatch(/^(9\.\d+|10)s$/);
    expect(quickly.headers.get('x-ratelimit-reset-requests')).toMatch(/^\d{1,3}ms$/);
  });

  test('can be changed call by call through the latencies', async () => {
    const { openai, origin } = await startSimulator({ timeScale: 1_000 });
    const captionLatencyMs = { p05: 0, p95: 0 };
    await fetch(`${origin}/control/latency`, { method: 'PUT', body: JSON.stringify({ captionLatencyMs }) });

    await expect(openai.chat.completions.create(REQUEST)).resolves.toHaveProperty('usage');
  });
});
