import { z } from 'zod';
import { startChild } from '../support/child.ts';
import { cpuMsOf } from '../support/process-usage.ts';
import type { Checked } from './sides/answers.ts';

export type Load = Awaited<ReturnType<typeof startLoad>>;
/** CPU time of the server for a request, in ms, and requests a second. */
export type Figures = { cpuMs: number; perSecond: number };

/** Requests at the same time where each connection asks as soon as it has its answer. */
const connections = 16;

const answerSchema = z.object({
  latenciesMs: z.array(z.number()),
  /** Requests without an answer, or with another one than the first. */
  errors: z.number(),
  elapsedMs: z.number(),
  /** How late the load heard its own clock; a part of the latencies. */
  lateMs: z.array(z.number()),
});

/** Starts what sends the requests, in a process of its own. */
export async function startLoad() {
  const child = await startChild(
    new URL('load/load-child.ts', import.meta.url),
    {},
    { ready: z.object({}), report: z.object({}) },
  );
  const ask = (
    { request, expected }: Checked,
    how: { connections: number; ms: number; perSecond?: number; isAwake?: boolean; settleMs?: number },
  ) => child.ask({ ...request, expected, ...how }, answerSchema);

  /**
   * @param isAwake for CPU; the load then has a core for itself, which throughput would have shared.
   * @throws Error where an answer was missing or not the first one again: then speed says nothing.
   */
  async function measure(checked: Checked, ms: number, isAwake = false): Promise<Figures> {
    const before = cpuMsOf(checked.pid);
    const { latenciesMs, errors, elapsedMs } = await ask(checked, { connections, ms, isAwake });
    if (errors > 0) throw new Error(`${errors} requests failed`);
    const count = latenciesMs.length;
    return { cpuMs: (cpuMsOf(checked.pid) - before) / count, perSecond: count / (elapsedMs / 1000) };
  }

  return { ask, measure, [Symbol.asyncDispose]: () => child[Symbol.asyncDispose]() };
}
