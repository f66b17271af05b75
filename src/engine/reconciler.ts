import type { Bus } from '../events/bus.ts';
import { reconcileTopic } from '../events/topics.ts';
import { inParts } from '../services/deletion/in-parts.ts';
import type { Logger } from '../telemetry/logger.ts';

/** Finds work whose notification was lost. Also the pause after a failure. */
const pollIntervalMs = 1_000;

/** Work that is done in parts. */
export type Source = {
  /** Does the next part. @returns whether there was one. */
  next(): Promise<boolean>;
};

export type Reconciler = { start(): Promise<void>; stop(): Promise<void> };

/**
 * Does large work in parts, as soon as there is some. The work is described by rows, so nothing is lost with a process.
 *
 * @param deps.sources are asked in rotation. One that fails pauses for a second and does not hold up the others.
 */
export function createReconciler(deps: { sources: readonly Source[]; bus: Bus; logger: Logger }): Reconciler {
  const { sources, bus, logger } = deps;
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let current: Promise<void> | undefined;
  let runAgain = false;
  let unsubscribe: (() => void) | undefined;

  /** When a failed source may be asked again, by `performance.now()`. */
  const retryAt = new Map<Source, number>();

  async function nextOfEach(): Promise<boolean> {
    let isMore = false;
    for (const source of sources) isMore = (await nextOf(source)) || isMore;
    return isMore;
  }

  async function nextOf(source: Source): Promise<boolean> {
    if (stopping.signal.aborted || performance.now() < (retryAt.get(source) ?? 0)) return false;
    try {
      return await source.next();
    } catch (error) {
      logger.warn({ err: error }, 'reconciliation failed; trying again');
      retryAt.set(source, performance.now() + pollIntervalMs);
      return false;
    }
  }

  function run(): void {
    if (stopping.signal.aborted) return;
    if (current !== undefined) {
      runAgain = true;
      return;
    }
    clearTimeout(timer);
    runAgain = false;
    current = inParts(nextOfEach, stopping.signal).finally(() => {
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
