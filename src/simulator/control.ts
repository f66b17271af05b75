import { z } from 'zod';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fromZodError, unknownPath } from './behaviour/errors.ts';
import { FaultRuleSchema } from './behaviour/faults.ts';
import type { FaultBook, FaultRule } from './behaviour/faults.ts';
import type { FlawBook } from './behaviour/flaws.ts';
import type { Limiter } from './behaviour/limits.ts';
import { changeLatency, LatencyChangeSchema, LimitsChangeSchema } from './options.ts';
import type { Latency, LatencyChange, Limits, LimitsChange } from './options.ts';
import { readJson, sendJson } from './endpoints/reply.ts';
import type { PromptCalls, Stats, StatsBook } from './stats.ts';

/** What a test or an operator can do to a running simulator, in-process or under `/control/`. */
export type Control = {
  /** Replaces all fault rules, those of the start-up options included. */
  readonly setFaults: (rules: readonly FaultRule[]) => FaultRule[];
  readonly clearFaults: () => void;
  readonly faults: () => FaultRule[];
  readonly stats: () => Stats;
  /** Counts per prompt, so that a test can tell how often each prompt was paid for. */
  readonly calls: () => { readonly calls: PromptCalls[]; readonly forgotten: number };
  /** What faults of the content did, one by one, so that a test can tell what was not noticed. */
  readonly violations: FlawBook['violations'];
  /** Forgets the violations as well. */
  readonly resetStats: () => void;
  readonly setLimits: (change: LimitsChange) => Limits;
  readonly setLatency: (change: LatencyChange) => Latency;
  readonly latency: () => Latency;
};

const FaultRulesSchema = z.array(FaultRuleSchema).max(1000);

type Books = {
  readonly faults: FaultBook;
  readonly flaws: FlawBook;
  readonly stats: StatsBook;
  readonly limiter: Limiter;
};

/** Creates the control of one simulator. */
export function createControl({ faults, flaws, stats, limiter }: Books, initial: Latency): Control {
  let latency = initial;
  return {
    setFaults(rules) {
      faults.set(rules);
      return faults.list();
    },
    clearFaults: () => faults.set([]),
    faults: faults.list,
    stats: stats.stats,
    calls: stats.calls,
    violations: flaws.violations,
    resetStats() {
      stats.reset();
      flaws.reset();
    },
    setLimits: limiter.change,
    setLatency(change) {
      latency = changeLatency(latency, change);
      return latency;
    },
    latency: () => latency,
  };
}

/** Serves `/control/…`. Throws ApiError 404 for an unknown path and 400 for an invalid body. */
export async function serveControl(
  control: Control,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const method = request.method ?? '';
  sendJson(response, 200, await run(control, method, path, request));
}

async function run(
  control: Control,
  method: string,
  path: string,
  request: IncomingMessage,
): Promise<unknown> {
  switch (`${method} ${path}`) {
    case 'GET /control/faults':
      return control.faults();
    case 'PUT /control/faults':
      return control.setFaults(await read(FaultRulesSchema, request));
    case 'DELETE /control/faults':
      control.clearFaults();
      return control.faults();
    case 'GET /control/stats':
      return control.stats();
    case 'DELETE /control/stats':
      control.resetStats();
      return control.stats();
    case 'GET /control/calls':
      return control.calls();
    case 'GET /control/violations':
      return control.violations();
    case 'PUT /control/limits':
      return control.setLimits(await read(LimitsChangeSchema, request));
    case 'PUT /control/latency':
      return control.setLatency(await read(LatencyChangeSchema, request));
    default:
      throw unknownPath(method, path);
  }
}

async function read<T>(schema: z.ZodType<T>, request: IncomingMessage): Promise<T> {
  const parsed = schema.safeParse(await readJson(request));
  if (!parsed.success) throw fromZodError(parsed.error);
  return parsed.data;
}
