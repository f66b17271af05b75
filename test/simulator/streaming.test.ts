import { describe, expect, test } from 'vitest';
import { postRequest, promptFor, startSimulator } from './support.ts';

const REQUEST = postRequest(promptFor({ brand: 'Nordlicht', tone: 'PLAYFUL' }));

describe('a streamed caption', () => {
  test('arrives in pieces that add up to the caption that is not streamed', async () => {
    const { openai } = await startSimulator();
    const whole = await openai.chat.completions.create(REQUEST);
    const pieces: string[] = [];
    for await (const chunk of await openai.chat.completions.create({ ...REQUEST, stream: true })) {
      pieces.push(chunk.choices[0]?.delta.content ?? '');
    }

    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.join('')).toBe(whole.choices[0]?.message.content);
  });

  test('ends with its usage when that is asked for', async () => {
    const { openai } = await startSimulator();
    const stream = openai.chat.completions.stream({
      ...REQUEST,
      stream: true,
      stream_options: { include_usage: true },
    });
    const { usage, choices } = await stream.finalChatCompletion();

    expect(choices[0]?.finish_reason).toBe('stop');
    expect(usage?.completion_tokens).toBeGreaterThan(10);
    expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0));
  });

  test('carries a refusal when the model refuses', async () => {
    const { openai, control } = await startSimulator();
    control.setFaults([{ kind: 'refusal' }]);
    const stream = openai.chat.completions.stream({ ...REQUEST, stream: true });

    expect((await stream.finalChatCompletion()).choices[0]?.message).toMatchObject({
      content: null,
      refusal: expect.stringContaining('[simulated]'),
    });
  });

  test('breaks off when the connection is cut', async () => {
    const { openai, control } = await startSimulator();
    control.setFaults([{ kind: 'cut' }]);
    const received: unknown[] = [];
    const read = async (): Promise<void> => {
      for await (const chunk of await openai.chat.completions.create({ ...REQUEST, stream: true }))
        received.push(chunk);
    };

    await expect(read()).rejects.toThrow();
    expect(received.length).toBeGreaterThan(0);
    expect(control.stats().chat).toMatchObject({ faulted: 1, aborted: 0, inFlight: 0 });
  });
});
