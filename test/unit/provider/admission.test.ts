import { describe, expect, it } from 'vitest';
import type { AdmissionSettings } from '../../../src/provider/admission/admission.ts';
import { createMemoryAdmission } from '../../../src/provider/admission/memory-admission.ts';

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Start = { atMs: number; cost: number };

/** The most that started beyond what the rate allows, over every window that begins and ends with a start. */
function greatestExcess(starts: Start[], limitPerMinute: number): number {
  const sorted = starts.toSorted((a, b) => a.atMs - b.atMs);
  let excess = 0;
  // Kadane's way: the window worth keeping is the one before it, or none.
  let running = 0;
  let previousMs = Number.NEGATIVE_INFINITY;
  for (const { atMs, cost } of sorted) {
    running = Math.max(0, running - ((atMs - previousMs) * limitPerMinute) / 60_000) + cost;
    excess = Math.max(excess, running);
    previousMs = atMs;
  }
  return excess;
}

/** Callers that ask at random times, for random numbers of jobs of several kinds, for ten minutes. */
async function simulate(seed: number, settings: AdmissionSettings, kinds: Record<string, number>[]) {
  const random = createRandom(seed);
  let now = 1_000_000;
  const admission = createMemoryAdmission(settings, () => now);
  const starts = new Map<string, Start[]>();
  for (const end = now + 600_000; now < end; now += Math.floor(random() ** 4 * 2_000)) {
    const demand = kinds[Math.floor(random() * kinds.length)] ?? {};
    const { permits } = await admission.acquire(1 + Math.floor(random() * 20), demand);
    for (const { id, waitMs } of permits) {
      await admission.release([id]);
      for (const [bucket, cost] of Object.entries(demand))
        starts.set(bucket, [...(starts.get(bucket) ?? []), { atMs: now + waitMs, cost }]);
    }
    now += 1;
  }
  return starts;
}

describe('the pace of admitted jobs', () => {
  const limitsPerMinute = { images: 50, requests: 500, tokens: 40_000 };
  const kinds = [
    { images: 1, requests: 2, tokens: 600 },
    { requests: 1, tokens: 250 },
    { requests: 1, tokens: 5_000 },
    { images: 4 },
    { requests: 1 },
  ];

  it.each([1, 2, 3, 4, 5])(
    'is never above a limit over any window, but for the burst (seed %i)',
    async (seed) => {
      const starts = await simulate(seed, { maxSlots: 1_000, limitsPerMinute, burstSeconds: 1 }, kinds);
      for (const [bucket, limit] of Object.entries(limitsPerMinute)) {
        const costs = (starts.get(bucket) ?? []).map(({ cost }) => cost);
        expect(costs.length).toBeGreaterThan(50);
        // waitMs is whole: two starts may be nearer by 1 ms than they were reserved.
        const allowed = Math.max(limit / 60, ...costs) + limit / 60_000;
        expect(greatestExcess(starts.get(bucket) ?? [], limit)).toBeLessThanOrEqual(allowed);
      }
    },
  );

  it.each([1, 2, 3])('uses the whole of a limit while callers keep asking (seed %i)', async (seed) => {
    const starts = await simulate(seed, { maxSlots: 1_000, limitsPerMinute }, [{ images: 1 }]);
    expect(starts.get('images')?.length).toBeGreaterThanOrEqual(498);
  });
});
