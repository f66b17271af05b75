import { monitorEventLoopDelay } from 'node:perf_hooks';
import { expect } from 'vitest';

/** Less is no measure: the clock of a CPU goes by milliseconds. */
const leastMs = 5;

/**
 * CPU that this process takes for `work`, in ms: the least of some rounds, as collections of garbage fall into some, and
 * no less than 5.
 */
export async function cpuMs(work: () => Promise<unknown>, rounds = 3): Promise<number> {
  const ms: number[] = [];
  while (ms.length < rounds) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    ms.push((user + system) / 1000);
  }
  return Math.max(leastMs, Math.min(...ms));
}

/** Watches how long this process hears nothing, because it computes or gets no CPU. @returns the longest such time until now, in ms. */
export function watchPauses(): () => number {
  const delays = monitorEventLoopDelay();
  delays.enable();
  return () => delays.max / 1_000_000;
}

/** Ten times the length may take this many times as long; what is quadratic takes a hundred times as long. */
const tolerated = 30;
const tries = 2;

/**
 * Expects that `work` takes time in proportion to the length of its text, by the CPU that it takes for lengths that grow by
 * ten. What grows faster fails at a short length, before it takes minutes.
 */
export function expectLinear(textOf: (length: number) => string, work: (text: string) => void): void {
  let shorterMs = leastMs;
  for (const length of [1_000, 10_000, 100_000, 1_000_000]) {
    const text = textOf(length);
    const most = tolerated * shorterMs;
    let ms = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < tries && ms >= most; attempt += 1)
      ms = Math.min(ms, threadMs(text, work));
    expect(ms, `ms for ${length} characters, ${shorterMs} for a tenth of them`).toBeLessThan(most);
    shorterMs = Math.max(leastMs, ms);
  }
}

function threadMs(text: string, work: (text: string) => void): number {
  const before = process.threadCpuUsage();
  work(text);
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
