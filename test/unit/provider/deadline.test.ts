import { expect, it } from 'vitest';
import { createDeadline, type Deadline } from '../../../src/provider/deadline.ts';
import { createRandom } from '../../../src/simulator/random.ts';

const bounds = { floorMs: 10_000, ceilingMs: 180_000 };

function learned(latenciesMs: readonly number[]): Deadline {
  const deadline = createDeadline(bounds);
  for (const latency of latenciesMs) deadline.answered(latency);
  return deadline;
}

const each = (count: number, latency: number) => Array.from({ length: count }, () => latency);

it('is the ceiling until five calls were answered', () => {
  expect(learned(each(4, 3_000)).ms()).toBe(180_000);
  expect(learned(each(5, 3_000)).ms()).toBe(12_000);
});

it('is four times what nearly all calls take, whatever one slow call took', () => {
  expect(learned([...each(95, 8_000), ...each(5, 60_000)]).ms()).toBe(32_000);
});

it('keeps between its floor and its ceiling', () => {
  expect(learned(each(50, 20)).ms()).toBe(10_000);
  expect(learned(each(50, 100_000)).ms()).toBe(180_000);
});

it('follows a provider that becomes slower', () => {
  const deadline = learned([...each(100, 4_000), ...each(100, 15_000)]);
  expect(deadline.ms()).toBe(60_000);
});

it('doubles with each call that was given up after it, so that a provider that became slow is waited for', () => {
  const deadline = learned(each(10, 5_000));
  for (const expectedMs of [40_000, 80_000, 160_000, 180_000]) {
    deadline.missed(deadline.ms());
    expect(deadline.ms()).toBe(expectedMs);
  }
  deadline.answered(5_000);
  expect(deadline.ms()).toBe(20_000);
});

it('gives up fewer than one in a thousand calls of a slow provider with a heavy tail', () => {
  const random = createRandom(1);
  // Log-normal around 18 s, the 95th percentile three times the median.
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const draw = () => 18_000 * Math.exp((Math.log(3) / 1.645) * normal());
  const deadline = createDeadline({ floorMs: 10_000, ceilingMs: 3_600_000 });
  let givenUp = 0;
  for (let call = 0; call < 20_000; call += 1) {
    const latency = draw();
    if (latency > deadline.ms()) givenUp += 1;
    else deadline.answered(latency);
  }
  expect(givenUp).toBeLessThan(20);
});

it('calls a call slow after twice what nearly all calls take, and before its deadline', () => {
  const deadline = learned([...each(95, 18_000), ...each(5, 60_000)]);
  expect(deadline.slowMs()).toBe(36_000);
  const fast = learned(each(50, 20));
  expect(fast.slowMs()).toBeLessThan(fast.ms());
  expect(learned([]).slowMs()).toBe(60_000);
});
