import { pino } from 'pino';
import { expect, it } from 'vitest';
import { createMemoryAdmission } from '../../../src/provider/admission/memory-admission.ts';
import { guardChains, type GuardedProvider } from '../../../src/provider/chains.ts';
import { createDeadline, createDeadlines } from '../../../src/provider/deadline.ts';
import { parseModelName } from '../../../src/provider/openai/dialects.ts';
import { createOpenAiModel } from '../../../src/provider/openai/openai.ts';
import { waitUntil } from '../../support/services/wait-until.ts';
import { startSimulator } from '../../simulator/support.ts';

const never = new AbortController().signal;
const names = ['gpt-5.4-mini', 'anthropic:claude-haiku-4-5', 'ollama:llama3.2'] as const;
const [first, second, third] = names;

/** Three models that write, each at a provider of its own, and what is told of them. */
async function openChain() {
  const simulators = [];
  const models = [];
  for (const name of names) {
    const named = parseModelName(name);
    const { url, control } = await startSimulator({ dialect: named.provider });
    simulators.push(control);
    models.push(createOpenAiModel(named, { apiKey: 'key', baseUrl: url }));
  }
  const [one, two, three] = models;
  if (one === undefined || two === undefined || three === undefined) throw new Error('there are three');
  const { url, control: artist } = await startSimulator();
  const image = createOpenAiModel(parseModelName('gpt-image-2'), { apiKey: 'key', baseUrl: url });
  const admission = createMemoryAdmission({ maxSlots: 100, limitsPerMinute: {} });
  const told: string[] = [];
  /** How much had been told at each clearing of the board. */
  const cleared: number[] = [];
  const lines: string[] = [];
  const guarded = guardChains(
    { text: [one, two, three], image: [image] },
    {
      admission,
      outages: {
        report: (code) => void told.push(code),
        clear: () => void cleared.push(told.length),
        current: async () => undefined,
      },
      createDeadlines: () => ({
        ...createDeadlines(),
        text: createDeadline({ floorMs: 3_000, ceilingMs: 3_000 }),
      }),
      logger: pino({ level: 'info' }, { write: (line: string) => void lines.push(line) }),
    },
  );
  return { guarded, admission, simulators, artist, told, cleared, lines };
}

const draw = (guarded: GuardedProvider) =>
  guarded.provider.image
    .model('gpt-image-2')
    .generateImage({ prompt: 'A lighthouse.', size: '1024x1024', quality: 'low' }, never);

const write = (guarded: GuardedProvider, name: string, signal = never) =>
  guarded.provider.text
    .model(name)
    .generateText({ messages: [{ role: 'user', content: 'A lighthouse.' }], maxTokens: 200 }, signal);

it.each([
  ['a time-out', 'hang', 'PROVIDER_TIMEOUT'],
  ['an account without credit', 'insufficient_quota', 'QUOTA_EXHAUSTED'],
] as const)(
  '%s moves all calls on to the next model at once; the log says so, and the board nothing',
  async (_what, kind, code) => {
    const { guarded, simulators, told, lines } = await openChain();
    const { text } = guarded.provider;
    simulators[0]?.setFaults([{ kind }]);
    expect([text.serving(), text.choose()]).toEqual([first, first]);
    await expect(write(guarded, first)).rejects.toMatchObject({ code: 'PROVIDER_DOWN' });
    expect([text.after(first), text.serving(), text.choose()]).toEqual([second, second, second]);
    // Nobody was answered so far.
    told.length = 0;
    await write(guarded, second);
    expect(guarded.allowance()).toBe(Number.POSITIVE_INFINITY);
    expect(told).toEqual([]);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { model: first, code },
      { model: second, before: first, msg: 'this model serves now' },
    ]);
  },
);

it('an error keeps its code until three in a row move all calls on', async () => {
  const { guarded, simulators } = await openChain();
  simulators[0]?.setFaults([{ kind: 'server_error' }]);
  for (const [code, serving] of [
    ['PROVIDER_UNAVAILABLE', first],
    ['PROVIDER_UNAVAILABLE', first],
    ['PROVIDER_DOWN', second],
  ]) {
    await expect(write(guarded, first)).rejects.toMatchObject({ code, paid: 'NO' });
    expect(guarded.provider.text.serving()).toBe(serving);
  }
});

it('an account that cannot be used is no matter while any model of the chain is ready, also before it', async () => {
  const { guarded, simulators, told } = await openChain();
  const { text } = guarded.provider;
  for (const control of simulators.slice(1)) control.setFaults([{ kind: 'insufficient_quota' }]);
  for (const name of [second, third])
    await expect(write(guarded, name)).rejects.toMatchObject({ code: 'PROVIDER_DOWN' });
  expect(told).toEqual([]);
  simulators[0]?.setFaults([{ kind: 'server_error', count: 1 }]);
  await expect(write(guarded, first)).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
  expect([text.after(first), text.serving()]).toEqual([undefined, first]);
});

it('a model behind one that works is probed by a call that moves on', async () => {
  const { guarded, simulators } = await openChain();
  const { text } = guarded.provider;
  simulators[1]?.setFaults([{ kind: 'unauthorized' }]);
  await expect(write(guarded, second)).rejects.toMatchObject({ code: 'PROVIDER_DOWN' });
  simulators[1]?.clearFaults();
  expect(text.after(first)).toBe(third);
  await waitUntil('a probe', () => text.after(first) === second);
  expect(text.after(first)).toBe(third);
  await write(guarded, second);
  expect([text.after(first), text.after(first)]).toEqual([second, second]);
});

it('a probe that is aborted leaves the model away', async () => {
  const { guarded, simulators } = await openChain();
  const { text } = guarded.provider;
  simulators[0]?.setFaults([{ kind: 'unauthorized' }]);
  await expect(write(guarded, first)).rejects.toMatchObject({ code: 'PROVIDER_DOWN' });
  await waitUntil('a probe', () => text.choose() === first);
  const lost = new Error('the lease was lost');
  await expect(write(guarded, first, AbortSignal.abort(lost))).rejects.toBe(lost);
  expect(text.serving()).toBe(second);
});

it('a model that is back leaves the fault of the account of the other chain on the board', async () => {
  const { guarded, simulators, artist, told, cleared } = await openChain();
  const { text } = guarded.provider;
  artist.setFaults([{ kind: 'insufficient_quota' }]);
  await expect(draw(guarded)).rejects.toMatchObject({ code: 'QUOTA_EXHAUSTED' });
  simulators[0]?.setFaults([{ kind: 'unauthorized' }]);
  await expect(write(guarded, first)).rejects.toMatchObject({ code: 'PROVIDER_DOWN' });
  simulators[0]?.clearFaults();
  await waitUntil('a probe', () => text.choose() === first);
  await write(guarded, first);
  expect([told, cleared]).toEqual([['QUOTA_EXHAUSTED'], []]);
  artist.clearFaults();
  await draw(guarded);
  expect(cleared).not.toEqual([]);
});

it('the last model keeps what it says of its account, and only a chain without a model is reported', async () => {
  const { guarded, simulators, told } = await openChain();
  for (const control of simulators) control.setFaults([{ kind: 'insufficient_quota' }]);
  for (const name of [first, second])
    await expect(write(guarded, name)).rejects.toMatchObject({ code: 'PROVIDER_DOWN' });
  expect(told).toEqual([]);
  await expect(write(guarded, third)).rejects.toMatchObject({ code: 'QUOTA_EXHAUSTED' });
  expect(told).toEqual(['QUOTA_EXHAUSTED']);
});

it('one call probes a model that was away, and the first one serves again when it is back', async () => {
  const { guarded, simulators } = await openChain();
  const { text } = guarded.provider;
  simulators[0]?.setFaults([{ kind: 'unauthorized' }]);
  await expect(write(guarded, first)).rejects.toMatchObject({ code: 'PROVIDER_DOWN' });
  simulators[0]?.clearFaults();
  await waitUntil('a probe', () => text.choose() === first);
  expect(text.choose()).toBe(second);
  expect(text.serving()).toBe(second);
  await write(guarded, first);
  expect(text.serving()).toBe(first);
});

it('limits are learned for each model, and a content refusal moves nothing on', async () => {
  const { guarded, simulators, admission } = await openChain();
  simulators[1]?.setLimits({ requestsPerMinute: 77 });
  await write(guarded, first);
  await write(guarded, second);
  expect((await admission.state()).limitsPerMinute).toMatchObject({
    [`${first}:requests`]: 5000,
    [`${second}:requests`]: 77,
  });
  simulators[0]?.setFaults([{ kind: 'refusal' }]);
  await expect(write(guarded, first)).rejects.toMatchObject({ code: 'CONTENT_REFUSED' });
  expect(guarded.provider.text.serving()).toBe(first);
});
