import type { Bus } from '../events/bus.ts';
import { reconcileTopic } from '../events/topics.ts';
import { inParts } from '../services/parts.ts';
import type { Logger } from '../telemetry/logger.ts';

/** How soon a worker sees what it was not told of. */
const pollIntervalMs = 1_000;

export type Reconciler = { start(): Promise<void>; stop(): Promise<void> };

/**
 * Does large pieces of work part by part, as soon as there is something to do. What is to be done stands in rows, so nothing is
 * lost with a process.
 *
 * @param deps.sources each does its next part, and says whether there was one.
 */
export function createReconciler(deps: {
  sources: readonly { next(): Promise<boolean> }[];
  bus: Bus;
  logger: Logger;
}): Reconciler {
  const { sources, bus, logger } = deps;
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let current: Promise<void> | undefined;
  let runAgain = false;
  let unsubscribe: (() => void) | undefined;

  async function nextOfEach(): Promise<boolean> {
    let isMore = false;
    for (const source of sources) isMore = (await source.next()) || isMore;
    return isMore;
  }

  function run(): void {
    if (stopping.signal.aborted) return;
    if (current !== undefined) {
      runAgain = true;
      return;
    }
    clearTimeout(timer);
    runAgain = false;
    current = inParts(nextOfEach, stopping.signal)
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
