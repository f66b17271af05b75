import type { Commit, Told } from './messages.ts';

/**
 * Compares what was committed with what was told, by the numbers of the events: each subscriber has to be told each event of its batch once.
 *
 * @param commits those of the round.
 * @param groupOf which batch a subscriber listens to.
 * @returns milliseconds from each commit to each subscriber's first telling; pairs of subscriber and event that are missing; tellings
 * that came again or that nobody committed.
 */
export function judgeDeliveries(
  commits: readonly Commit[],
  told: readonly Told[],
  subscribersOf: (batchId: string) => readonly number[],
): { latencies: number[]; missed: number; extra: number } {
  const firstAtMs = new Map<string, number>();
  for (const { subscriber, seq, atMs } of told) {
    const key = `${subscriber} ${seq}`;
    firstAtMs.set(key, Math.min(atMs, firstAtMs.get(key) ?? Number.POSITIVE_INFINITY));
  }
  const latencies: number[] = [];
  let missed = 0;
  for (const { batchId, seq, atMs } of commits) {
    for (const subscriber of subscribersOf(batchId)) {
      const toldAtMs = firstAtMs.get(`${subscriber} ${seq}`);
      if (toldAtMs === undefined) missed += 1;
      else latencies.push(toldAtMs - atMs);
    }
  }
  return { latencies, missed, extra: told.length - latencies.length };
}
