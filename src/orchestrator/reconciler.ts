import type { Bus } from '../events/bus.ts';
import { reconcileTopic } from '../events/topics.ts';
import { inParts } from '../services/parts.ts';
import type { Reconciliation } from '../services/reconciliation.ts';
import type { Logger } from '../telemetry/logger.ts';

/** How soon a worker sees what it was not told of. */
const pollIntervalMs = 1_000;

export type Reconciler = { start(): Promise<void>; stop(): Promise<void> };

/** Reconciles batches (services/reconciliation.ts) as soon as there is something to do; one part at a time. */
export function createReconciler(deps: {
  reconciliation: Reconciliation;
  bus: Bus;
  logger: Logger;
}): Reconciler {
  const { reconciliation, bus, logger } = deps;
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let current: Promise<void> | undefined;
  let runAgain = false;
  let unsubscribe: (() => void) | undefined;

  function run(): void {
    if (stopping.signal.aborted) return;
    if (current !== undefined) {
      runAgain = true;
      return;
    }
    clearTimeout(timer);
    runAgain = false;
    current = inParts(() => reconciliation.next(), stopping.signal)
      .catch((error: unknown) => logger.warn({ err: error }, 'reconciliation failed; trying again'))
      .finally(() => {
        current = undefined;
        if (runAgain) run();
        else if (!stopping.signal.aborted) timer = setTimeout(run, pollIntervalMs);
      });
  }

  return {
    async start() {
      unsubscribe = await bus.subscribe(reconcileTopic, run);
      run();
    },
    async stop() {
      stopping.abort();
      unsubscribe?.();
      clearTimeout(timer);
      await current;
    },
  };
}
