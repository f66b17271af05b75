import { afterEach, beforeEach, expect, it } from 'vitest';
import { createMemoryAdmission } from '../../../src/provider/admission/memory-admission.ts';
import type { Admission } from '../../../src/provider/admission/admission.ts';
import { createDeadline, createDeadlines } from '../../../src/provider/deadline.ts';
import { guardChains, type GuardedProvider } from '../../../src/provider/chains.ts';
import { parseModelName } from '../../../src/provider/openai/dialects.ts';
import { createOpenAiModel } from '../../../src/provider/openai/openai.ts';
import { createSimulator } from '../../../src/simulator/server.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

const images = 'gpt-image-2:images';
const patience = { floorMs: 1_000, ceilingMs: 120_000 };
const never = new AbortController().signal;
const picture = (prompt: string) => ({ prompt, size: '1024x1024', quality: 'low' }) as const;

let simulator: ReturnType<typeof createSimulator>;
let admission: Admission;
let guarded: GuardedProvider;
beforeEach(async () => {
  simulator = createSimulator({
    seed: 1,
    limits: { requestsPerMinute: 10_000, tokensPerMinute: 1_000_000, imagesPerMinute: 6_000 },
  });
  const { url } = await simulator.start(0);
  const modelOf = (name: string) =>
    createOpenAiModel(parseModelName(name), { apiKey: 'simulated', baseUrl: url });
  admission = createMemoryAdmission({ maxSlots: 100, limitsPerMinute: { [images]: 600 } });
  guarded = guardChains(
    { text: [modelOf('gpt-5.4-mini')], image: [modelOf('gpt-image-2')] },
    {
      admission,
      outages: { report: () => undefined, clear: () => undefined, current: async () => undefined },
      createDeadlines: () => ({ ...createDeadlines(), image: createDeadline(patience) }),
      logger: createLogger('silent'),
    },
  );
  picturesTake(20);
});
afterEach(() => simulator.stop());

const picturesTake = (ms: number) => simulator.control.setLatency({ imageLatencyMs: { p05: ms, p95: ms } });
const draw = (text: string) =>
  guarded.provider.image.model('gpt-image-2').generateImage(picture(text), never);
const admitted = async () => (await admission.state()).limitsPerMinute[images];

it('takes the limit that an answer tells in place of the setting', async () => {
  await draw('a lighthouse');
  expect(await admitted()).toBe(6_000);
});

it('keeps to a limit that was cut, whatever an answer that is older than the cut says of it', async () => {
  await draw('a lighthouse');
  picturesTake(1_000);
  const old = draw('a harbour');
  await waitUntil('the call to be under way', () => simulator.control.stats().images.inFlight === 1);
  picturesTake(20);
  simulator.control.setLimits({ imagesPerMinute: 60 });
  await draw('a pier');
  expect(await admitted()).toBe(60);
  await old;
  expect(await admitted()).toBe(60);
});

it('makes everybody wait as long as a refusal asks, and tells who reserved ahead', async () => {
  let pauses = 0;
  guarded.onPause(() => (pauses += 1));
  simulator.control.setFaults([{ kind: 'rate_limited', endpoint: 'images', count: 1 }]);
  await expect(draw('a lighthouse')).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  expect(pauses).toBe(1);
  expect(guarded.allowance()).toBe(0);
  expect((await admission.acquire(1, { [images]: 1 })).reason).toBe('paused');
});

it('goes slower only for a refusal that neither a cut nor an earlier refusal explains', async () => {
  simulator.control.setFaults([{ kind: 'rate_limited', endpoint: 'images', count: 2 }]);
  const refused = await Promise.allSettled([draw('a lighthouse'), draw('a harbour')]);
  expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await admitted()).toBeCloseTo(6_000 * 0.7);
});

/** Images that hang are given up after a second: five have taught that they take 20 ms. */
async function teachDeadline() {
  for (const name of ['one', 'two', 'three', 'four', 'five']) await draw(name);
}

async function msUntilGivenUp(): Promise<number> {
  const sentAt = performance.now();
  await expect(draw('a lighthouse')).rejects.toMatchObject({ code: 'PROVIDER_TIMEOUT', paid: 'MAYBE' });
  return performance.now() - sentAt;
}

it('gives a call up that takes many times as long as calls take', async () => {
  await teachDeadline();
  simulator.control.setFaults([{ kind: 'hang', endpoint: 'images', count: 1 }]);
  // Half of the ceiling: without a learned deadline it would have been all of it.
  expect(await msUntilGivenUp()).toBeLessThan(patience.ceilingMs / 2);
});

it('waits twice as long after calls that hung together, however many they were', async () => {
  await teachDeadline();
  simulator.control.setFaults([{ kind: 'hang', endpoint: 'images', count: 4 }]);
  await Promise.all(Array.from({ length: 3 }, msUntilGivenUp));
  expect(await msUntilGivenUp()).toBeLessThan(patience.ceilingMs / 2);
});

it('lets work that needs no images go on while their circuit is open', async () => {
  simulator.control.setFaults([{ kind: 'server_error', endpoint: 'images', count: 8 }]);
  await Promise.allSettled(Array.from({ length: 8 }, () => draw('a lighthouse')));
  expect(guarded.allowance(['image'])).toBe(0);
  expect(guarded.allowance(['text'])).toBe(Number.POSITIVE_INFINITY);
});

it('refuses calls at once while one probes whether the provider is back', async () => {
  simulator.control.setFaults([{ kind: 'server_error', endpoint: 'images', count: 8 }]);
  await Promise.allSettled(Array.from({ length: 8 }, () => draw('a lighthouse')));
  expect(guarded.allowance()).toBe(0);
  await waitUntil('a probe to be allowed', () => guarded.allowance() === 1);
  picturesTake(1_000);
  let isProbing = true;
  const probe = draw('a harbour').finally(() => (isProbing = false));
  await waitUntil('the probe to be under way', () => simulator.control.stats().images.inFlight === 1);
  await expect(draw('a pier')).rejects.toMatchObject({ code: 'PROVIDER_DOWN' });
  expect(guarded.allowance()).toBe(0);
  expect(isProbing).toBe(true);
  await probe;
  expect(guarded.allowance()).toBe(Number.POSITIVE_INFINITY);
});
