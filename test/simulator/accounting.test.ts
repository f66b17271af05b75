import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createStatsBook } from '../../src/simulator/stats.ts';
import { createSimulator } from '../../src/simulator/server.ts';
import { connect, postRequest, promptFor, startSimulator, writePost } from './support.ts';

const SLOW = { timeScale: 1000 };
const PICTURE = { model: 'gpt-image-2', prompt: 'A lake' } as const;

describe('the call counts', () => {
  test('tell how often each prompt was paid for', async () => {
    const { openai, origin, control } = await startSimulator();
    control.setFaults([{ kind: 'server_error', count: 1 }]);
    await expect(openai.images.generate(PICTURE)).rejects.toThrow();
    await openai.images.generate(PICTURE);
    await openai.images.generate({ ...PICTURE, prompt: promptFor({ variation: 4 }) });
    const response = await fetch(`${origin}/control/calls`);
    const sha256 = createHash('sha256').update('A lake').digest('hex');

    expect(await response.json()).toEqual({
      forgotten: 0,
      calls: [
        { endpoint: 'images', sha256, variation: null, received: 2, paid: 1, aborted: 0 },
        { endpoint: 'images', sha256: expect.any(String), variation: 4, received: 1, paid: 1, aborted: 0 },
      ],
    });
  });

  test('tell what every call came to, and start again from nothing when asked', async () => {
    const { openai, origin, control } = await startSimulator();
    await writePost(openai, { variation: 1 });
    control.setFaults([{ kind: 'insufficient_quota' }]);
    await expect(writePost(openai, { variation: 1 })).rejects.toThrow();
    await expect(
      openai.chat.completions.create({ ...postRequest('x'), model: 'nonsense' }),
    ).rejects.toThrow();
    const before = await (await fetch(`${origin}/control/stats`)).json();
    await fetch(`${origin}/control/stats`, { method: 'DELETE' });

    expect(before).toMatchObject({
      chat: {
        received: 3,
        succeeded: 1,
        faulted: 1,
        rejected: 1,
        inFlight: 0,
        faults: { insufficient_quota: 1 },
      },
    });
    expect(control.stats().chat).toMatchObject({ received: 0, succeeded: 0, peakInFlight: 0 });
    expect(control.calls().calls).toEqual([]);
  });

  test('tell how many calls ran at once at most', async () => {
    const { openai, control } = await startSimulator({ timeScale: 0.01 });
    await Promise.all(Array.from({ length: 7 }, () => openai.images.generate(PICTURE)));

    expect(control.stats().images).toMatchObject({ peakInFlight: 7, inFlight: 0 });
  });

  test('forget the prompts not seen for the longest time, so that memory stays bounded', () => {
    const book = createStatsBook(2);
    for (const prompt of ['one', 'two', 'one', 'three']) book.open('chat').identify(prompt, null);

    expect(book.calls()).toMatchObject({
      forgotten: 1,
      calls: [{ sha256: 'one', received: 2 }, { sha256: 'three' }],
    });
  });
});

describe('a client that goes away', () => {
  test('ends the work on its picture, which is then not paid for', async () => {
    const { openai, control } = await startSimulator(SLOW);
    const leaving = new AbortController();
    const call = openai.images.generate(PICTURE, { signal: leaving.signal });
    await expect.poll(() => control.calls().calls).toHaveLength(1);
    leaving.abort();

    await expect(call).rejects.toThrow(/abort/i);
    await expect.poll(() => control.stats().images).toMatchObject({ aborted: 1, inFlight: 0 });
    expect(control.calls().calls).toMatchObject([{ received: 1, paid: 0, aborted: 1 }]);
  });

  test('ends a stream in the middle', async () => {
    const { openai, control } = await startSimulator({ timeScale: 0.05 });
    const stream = await openai.chat.completions.create({ ...postRequest('Hello'), stream: true });
    for await (const _ of stream) break;

    await expect.poll(() => control.stats().chat).toMatchObject({ aborted: 1, inFlight: 0, succeeded: 0 });
  });
});

describe('stopping', () => {
  test('waits for no call, however many hang', async () => {
    const simulator = createSimulator({ ...SLOW, faults: { hang: 0.5 } });
    const { url } = await simulator.start();
    const openai = connect(url);
    const calls = Array.from({ length: 30 }, (_, index) => writePost(openai, { variation: index }));
    const results = Promise.allSettled(calls);
    await expect.poll(() => simulator.control.stats().chat.inFlight).toBe(30);
    await simulator.stop();

    expect((await results).every(({ status }) => status === 'rejected')).toBe(true);
    expect(simulator.control.stats().chat).toMatchObject({ inFlight: 0, aborted: 30 });
  });

  test('leaves a simulator that can be started again', async () => {
    const simulator = createSimulator();
    const first = await simulator.start();
    await simulator.stop();
    const second = await simulator.start(first.port);
    await simulator.stop();

    expect(second.port).toBe(first.port);
  });
});
