import { workerData } from 'node:worker_threads';
import { z } from 'zod';

/** Strikes until it is ended (clock.ts). */
const { everyMs, strokes } = z
  .object({ everyMs: z.number(), strokes: z.instanceof(Int32Array) })
  .parse(workerData);
const unchanging = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
for (let due = performance.now(); ;) {
  due += everyMs;
  Atomics.wait(unchanging, 0, 0, Math.max(0, due - performance.now()));
  Atomics.add(strokes, 0, 1);
  Atomics.notify(strokes, 0);
}
