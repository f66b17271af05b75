import { Worker } from 'node:worker_threads';

export type Clock = AsyncDisposable & {
  /** @returns how many strokes there were since it was last asked: one, unless this thread was held up. */
  strokes(): Promise<number>;
  /** When a stroke was due, in ms on the machine's monotonic clock: by the schedule, not by when it was heard. */
  dueAtMs(stroke: number): number;
};

/**
 * A clock that is not bound to whole milliseconds, as timers of Node are: what they send comes in bursts, which
 * measure their own length. It is a thread that sleeps in between.
 *
 * @param everyMs from one stroke to the next, in the long run exactly.
 * @returns a clock that has begun; the next stroke is number 1.
 */
export async function startClock(everyMs: number): Promise<Clock> {
  const count = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const begin = new Float64Array(new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT));
  const thread = new Worker(new URL('clock-thread.ts', import.meta.url), {
    workerData: { everyMs, strokes: count, begin },
  });
  let seen = 0;
  const strokes = async () => {
    await Atomics.waitAsync(count, 0, seen).value;
    const before = seen;
    seen = Atomics.load(count, 0);
    return seen - before;
  };
  const skipped = await strokes();
  return {
    strokes,
    dueAtMs: (stroke) => (begin[0] ?? Number.NaN) + (skipped + stroke) * everyMs,
    async [Symbol.asyncDispose]() {
      await thread.terminate();
    },
  };
}
