import type { Admission } from '../provider/admission/admission.ts';
import type { Jobs } from '../store/jobs/jobs.ts';
import type { Logger } from '../telemetry/logger.ts';
import { openLane, type Lane, type OpenLane } from './lane.ts';
import { createPool } from './pool.ts';
import { createTimers } from './timers.ts';

export type Dispatcher = {
  start(): void;
  /**
   * Takes no more jobs and waits for those in flight.
   *
   * @param graceMs after this time they are aborted and put back in the queue.
   */
  stop(graceMs: number): Promise<void>;
};

const limitsIntervalMs = 1_000;

/**
 * Keeps as many jobs of all lanes running as there are slots. Each lane has its queue, and permits for what its own jobs take;
 * the lanes share the slots.
 */
export function createDispatcher(deps: {
  jobs: Pick<Jobs, 'fetch' | 'hasDue' | 'touch' | 'onWork'>;
  admission: Admission;
  lanes: readonly Lane[];
  /** Jobs of all lanes that may run at the same time in this process. */
  slots: number;
  /** Jobs of one workspace and lane that may run at the same time, over all instances; undefined: any number. */
  slotsPerWorkspace: number | undefined;
  /** Calls `listener` when the provider asks for a pause. */
  onPause: (listener: () => void) => void;
  logger: Logger;
}): Dispatcher {
  const { admission, onPause, logger } = deps;
  const pool = createPool<OpenLane>(deps.slots);
  const lanes = deps.lanes.map((lane) => openLane(lane, { ...deps, pool, deal: () => void deal() }));
  let isStopped = false;
  const timers = createTimers({
    isOver: () => isStopped,
    onFailure: (error, sentence) =>
      logger.warn({ error: error instanceof Error ? error.message : String(error) }, sentence),
  });
  let isDealing = false;
  let dealAgain = false;

  /** Deals the free slots out, in one round at a time. A call during a round causes another one after it. */
  async function deal(): Promise<void> {
    dealAgain = true;
    if (isDealing) return;
    isDealing = true;
    try {
      while (dealAgain) {
        dealAgain = false;
        await dealRound();
      }
    } finally {
      isDealing = false;
    }
  }

  /** Each lane in turn asks for its share of what is free. What it does not take, the ones behind it may. */
  async function dealRound(): Promise<void> {
    const wanting = pool.inOrder(lanes.filter((lane) => lane.wants() > 0));
    for (const [index, lane] of wanting.entries())
      await lane.ask(Math.ceil(pool.free(lane) / (wanting.length - index)));
  }

  /** Limits change as the provider tells them, and with each refusal. */
  async function learnLimits(): Promise<void> {
    if (lanes.every((lane) => lane.held() === 0)) return;
    const { limitsPerMinute } = await admission.state();
    for (const lane of lanes) lane.allowed(limitsPerMinute);
    await deal();
  }

  return {
    start() {
      for (const lane of lanes) lane.start();
      timers.every(limitsIntervalMs, 'looking at the limits', learnLimits);
      onPause(() => {
        for (const lane of lanes) lane.recall();
        void deal();
      });
      void deal();
    },
    async stop(graceMs) {
      isStopped = true;
      await Promise.all(lanes.map((lane) => lane.stop(graceMs)));
      timers.cancelAll();
    },
  };
}
