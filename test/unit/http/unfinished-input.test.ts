import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createUnfinishedInput, type CutReason } from '../../../src/http/request/unfinished-input.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function openSource(network = 'a') {
  const cuts: CutReason[] = [];
  return { network, cuts, cut: (why: CutReason) => void cuts.push(why) };
}

it('input that is not complete after half a minute is cut, what began later is not', () => {
  const unfinished = createUnfinishedInput({ maxBytes: 1_000, maxBytesPerNetwork: 1_000 });
  const [old, young, complete] = [openSource(), openSource(), openSource()];
  unfinished.hold(old, 1);
  unfinished.hold(complete, 1);
  unfinished.hold(complete, 0);
  vi.advanceTimersByTime(20_000);
  unfinished.hold(young, 1);
  // To send a little now and then does not help.
  unfinished.hold(old, 2);
  vi.advanceTimersByTime(12_000);
  expect([old.cuts, young.cuts, complete.cuts]).toEqual([['slow'], [], []]);
  unfinished.stop();
});

it('where all input together is too much, the oldest is cut until it is not', () => {
  const unfinished = createUnfinishedInput({ maxBytes: 100, maxBytesPerNetwork: 100 });
  const [first, second, third] = [openSource('a'), openSource('b'), openSource('c')];
  unfinished.hold(first, 40);
  unfinished.hold(second, 40);
  unfinished.hold(third, 70);
  expect([first.cuts, second.cuts, third.cuts]).toEqual([['crowded'], ['crowded'], []]);
  unfinished.stop();
});

it('where one network has too much, its largest is cut, and others keep theirs', () => {
  const unfinished = createUnfinishedInput({ maxBytes: 100, maxBytesPerNetwork: 50 });
  const [other, first, second] = [openSource('b'), openSource('a'), openSource('a')];
  unfinished.hold(other, 45);
  unfinished.hold(first, 40);
  unfinished.hold(second, 11);
  expect([other.cuts, first.cuts, second.cuts]).toEqual([[], ['crowded'], []]);
  unfinished.stop();
});
