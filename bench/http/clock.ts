import { Worker } from 'node:worker_threads';

export type Clock = AsyncDisposable & {
  everyMs: number;
  /** @returns how many strokes there were since it was last asked: one, unless this thread was held up. */
  strokes(): Promise<number>;
};

/**
 * A clock that is not bound to whole milliseconds, as timers of Node are: what they send comes in bursts, which
 * measure their own length. It is a thread that sleeps in between.
 *
 * @param everyMs from one stroke to the next, in the long run exactly.
 * @returns a clock that has begun.
 */
export async function startClock(everyMs: number): Promise<Clock> {
  const count = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const thread = new Worker(new URL('clock-thread.ts', import.meta.url), {
    workerData: { everyMs, strokes: count },
  });
  let seen = 0;
  const strokes = async () => {
    await Atomics.waitAsync(count, 0, seen).value;
    const before = seen;
    seen = Atomics.load(count, 0);
    return seen - before;
  };
  await strokes();
  return {
    everyMs,
    strokes,
    async [Symbol.asyncDispose]() {
      await thread.terminate();
    },
  };
}
