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
  const admission = createMemoryAdmission({ maxSlots: 100, limitsPerMinute: {} });
  const told: string[] = [];
  const lines: string[] = [];
  const guarded = guardChains(
    { text: [one, two, three], image: [one] },
    {
      admission,
      outages: {
        report: (code) => void told.push(code),
        clear: () => undefined,
        current: async () => undefined,
      },
      createDeadlines: () => ({
        ...createDeadlines(),
        text: createDeadline({ floorMs: 3_000, ceilingMs: 3_000 }),
      }),
      logger: pino({ level: 'info' }, { write: (line: string) => void lines.push(line) }),
    },
  );
  return { guarded, admission, simulators, told, lines };
}

const write = (guarded: GuardedProvider, name: string) =>
  guarded.provider.text
    .model(name)
    .generateText({ messages: [{ role: 'user', content: 'A lighthouse.' }], maxTokens: 200 }, never);

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
      { model: second, insteadOf: first },
    ]);
  },
);

it('an error moves its call on, and three in a row all calls', async () => {
  const { guarded, simulators } = await openChain();
  simulators[0]?.setFaults([{ kind: 'server_error' }]);
  for (const serving of [first, first, second]) {
    await expect(write(guarded, first)).rejects.toMatchObject({ code: 'PROVIDER_DOWN', paid: 'NO' });
    expect(guarded.provider.text.serving()).toBe(serving);
  }
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
