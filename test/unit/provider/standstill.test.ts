import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { watchStandstill, type Standstill } from '../../../src/provider/standstill.ts';

let told: string | undefined;
let standstill: Standstill;
beforeEach(() => {
  vi.useFakeTimers();
  told = undefined;
  standstill = watchStandstill({
    report: (code) => (told = code),
    clear: () => (told = undefined),
  });
});
afterEach(() => vi.useRealTimers());

it('says within seconds that calls wait and none is answered, and takes it back with the first answer', () => {
  const ended = standstill.sent(10_000);
  vi.advanceTimersByTime(9_000);
  expect(told).toBeUndefined();
  vi.advanceTimersByTime(3_000);
  expect(told).toBe('PROVIDER_SLOW');
  ended();
  standstill.answered();
  expect(told).toBeUndefined();
});

it('says nothing of an image that takes as long as images take', () => {
  standstill.sent(40_000);
  vi.advanceTimersByTime(25_000);
  expect(told).toBeUndefined();
});

it('says that captions are slow while images are waited for', () => {
  standstill.sent(40_000);
  standstill.sent(10_000);
  vi.advanceTimersByTime(12_000);
  expect(told).toBe('PROVIDER_SLOW');
});

it('says nothing of a call that takes long while others are answered', () => {
  standstill.sent(10_000);
  for (let seconds = 0; seconds < 60; seconds += 1) {
    vi.advanceTimersByTime(1_000);
    standstill.answered();
  }
  expect(told).toBeUndefined();
});

it('says at once that a refusal makes everybody wait for long', () => {
  standstill.refused(60_000);
  expect(told).toBe('PROVIDER_RATE_LIMITED');
});

it('says that everything is refused, and nothing of a refusal among answers', () => {
  standstill.answered();
  standstill.refused(1_000);
  expect(told).toBeUndefined();
  vi.advanceTimersByTime(3_000);
  standstill.refused(1_000);
  expect(told).toBe('PROVIDER_RATE_LIMITED');
});
