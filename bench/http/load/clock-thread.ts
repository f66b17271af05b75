import { workerData } from 'node:worker_threads';
import { z } from 'zod';
import { clockMs } from '../../support/child.ts';

/** Strikes until it is ended (clock.ts). */
const { everyMs, strokes, begin } = z
  .object({ everyMs: z.number(), strokes: z.instanceof(Int32Array), begin: z.instanceof(Float64Array) })
  .parse(workerData);
const unchanging = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
const beganAtMs = clockMs();
begin[0] = beganAtMs;
for (let stroke = 1; ; stroke += 1) {
  Atomics.wait(unchanging, 0, 0, Math.max(0, beganAtMs + stroke * everyMs - clockMs()));
  Atomics.add(strokes, 0, 1);
  Atomics.notify(strokes, 0);
}
