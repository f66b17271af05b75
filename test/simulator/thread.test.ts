import type { Worker } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import type { SimulatorSettings } from '../../src/simulator/options.ts';
import { createSimulatorThread } from '../../src/simulator/thread/thread.ts';
import { waitUntil } from '../support/services/wait-until.ts';
import { connect, INSTANT } from './support.ts';

/** A simulator in a thread, the threads that were started for it, and why they crashed. */
function setUp(settings: SimulatorSettings = INSTANT) {
  const threads: Worker[] = [];
  const note = (thread: Worker) => threads.push(thread);
  process.on('worker', note);
  const crashes: unknown[] = [];
  const simulator = createSimulatorThread(settings, (reason) => crashes.push(reason));
  onTestFinished(async () => {
    process.off('worker', note);
    await simulator.stop();
  });
  return { ...simulator, threads, crashes };
}

const isServing = (url: string) =>
  fetch(`${url}/models`, { headers: { authorization: 'Bearer simulated' } }).then(
    ({ ok }) => ok,
    () => false,
  );

it('starts one thread, when it is first asked for its address', async () => {
  const { url, threads } = setUp();
  expect(threads).toHaveLength(0);
  const [first, second] = await Promise.all([url(), url()]);
  expect(second).toBe(first);
  expect(threads).toHaveLength(1);
});

it('draws with its settings', async () => {
  const prompt = { model: 'gpt-image-2', prompt: 'A cup of coffee', size: '1024x1024' } as const;
  const draw = async (seed: number) => {
    const { url } = setUp({ ...INSTANT, seed });
    const { data } = await connect(await url()).images.generate(prompt);
    return data?.[0]?.b64_json;
  };
  const [one, again, other] = await Promise.all([draw(1), draw(1), draw(2)]);
  expect(one).toMatch(/^iVBOR/);
  expect(again).toBe(one);
  expect(other).not.toBe(one);
});

it('is back under its address after its thread has ended by itself', async () => {
  const { url, threads, crashes } = setUp();
  const address = await url();
  await threads[0]?.terminate();
  expect(await isServing(address)).toBe(false);
  expect(crashes).toEqual([new Error('its thread has ended')]);
  await waitUntil('another thread', () => isServing(address));
  expect(await url()).toBe(address);
  expect(threads).toHaveLength(2);
});

it('ends for good when it is stopped', async () => {
  const { url, stop, threads, crashes } = setUp();
  const address = await url();
  await stop();
  expect(await isServing(address)).toBe(false);
  await expect(url()).rejects.toThrow('the simulator has been stopped');
  expect(threads).toHaveLength(1);
  expect(crashes).toEqual([]);
});

it('fails as often as it is asked where it cannot start', async () => {
  const { url, threads, crashes } = setUp({ timeScale: -1 });
  await expect(url()).rejects.toThrow();
  await expect(url()).rejects.toThrow();
  expect(threads).toHaveLength(2);
  expect(crashes).toEqual([]);
});
