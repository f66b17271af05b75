import type { Work } from '../domain/runs/work.ts';
import type { Admission, HeldPermit } from '../provider/admission/admission.ts';
import type { Jobs } from '../store/jobs/jobs.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Handler } from './handler.ts';
import { createRunningJobs } from './running-jobs.ts';
import type { Slots } from './slots.ts';
import { createTimers } from './timers.ts';

/** How long a stop waits until aborted jobs are put back in the queue: the database may be away. */
const handBackMs = 3_000;

export type Dispatcher = {
  start(): void;
  /**
   * Takes no more jobs and waits for those in flight.
   *
   * @param graceMs after this time they are aborted and put back in the queue.
   */
  stop(graceMs: number): Promise<void>;
};

/** Finds jobs whose notification was lost, and retries that are due. */
const pollIntervalMs = 1_000;
const limitsIntervalMs = 1_000;
/** How often to check whether a blocked provider may be called again. */
const allowanceIntervalMs = 100;
/** A third of the time after which a job counts as dead (services/posts/recovery.ts). */
const heartbeatIntervalMs = 3_000;
/** How soon a worker notices that its batch was cancelled. */
const leaseCheckIntervalMs = 500;

/**
 * Keeps as many jobs of a queue running as there are slots. It acquires permits first, at the pace of the provider's limits, and
 * fetches jobs only when it may start them: so the queue's order is decided as late as possible.
 */
export function createDispatcher<W extends Work>(deps: {
  jobs: Pick<Jobs, 'fetch' | 'touch' | 'onWork'>;
  admission: Admission;
  handler: Handler<W>;
  slots: Slots;
  /** Jobs of one workspace that may run at the same time, over all instances; undefined: any number. */
  slotsPerWorkspace: number | undefined;
  provider: {
    /** How many jobs may call the provider now. */
    allowance(): number;
    onPause(listener: () => void): void;
  };
  logger: Logger;
}): Dispatcher {
  const { jobs, admission, handler, slots, slotsPerWorkspace, provider, logger } = deps;
  const { queue } = handler;
  const running = createRunningJobs({ jobs, admission, handler, slots, onFree: fill, logger });
  const timers = createTimers({
    isOver: () => isStopped && running.count() === 0,
    onFailure: (error, sentence) => logger.warn({ queue, error: messageOf(error) }, sentence),
  });
  /** Permits without a job: those that are not valid yet, and those that wait for a fetch. */
  let permitsOut = 0;
  /** The permits that are not valid yet, with the timers that wait for them. */
  const waiting = new Map<HeldPermit, NodeJS.Timeout>();
  /** The last fetch found no job. Then one permit is enough: a stock of them would all be used at once when a batch starts. */
  let isIdle = false;
  let lookAgain: NodeJS.Timeout | undefined;
  let isStopped = false;
  let asking: Promise<void> | undefined;
  let askAgain = false;
  let unsubscribe: (() => void) | undefined;
  const fetches = new Set<Promise<void>>();

  /** Acquires permits, one request at a time. A call during a request causes another one after it. */
  function fill(): void {
    if (isStopped || freeSlots() < 1) return;
    if (asking !== undefined) {
      askAgain = true;
      return;
    }
    askAgain = false;
    asking = ask()
      .catch((error: unknown) =>
        logger.warn({ queue, error: messageOf(error) }, 'could not fetch jobs; trying again'),
      )
      .finally(() => {
        asking = undefined;
        if (askAgain) fill();
      });
  }

  /** Jobs that write their results free their slots, but at most as many as there are: a slow database must slow the start of jobs. */
  function freeSlots(): number {
    const count = slots.count();
    return count - permitsOut - running.count() + Math.min(running.countWriting(), count);
  }

  /** Limits change as the provider tells them, and with each refusal. */
  async function learnLimits(): Promise<void> {
    if (running.count() === 0) return;
    const { limitsPerMinute } = await admission.state();
    slots.allowed(limitsPerMinute);
    fill();
  }

  async function ask(): Promise<void> {
    const allowed = provider.allowance();
    if (allowed < 1) {
      lookAgain ??= timers.after(allowanceIntervalMs, () => {
        lookAgain = undefined;
        fill();
      });
      return;
    }
    const wanted = Math.min(freeSlots(), allowed, isIdle ? 1 : slots.count());
    if (wanted < 1) return;
    const demand = handler.demand();
    const acquired = await admission.acquire(wanted, demand);
    const permits = acquired.permits.map((permit): HeldPermit => ({ ...permit, demand }));
    permitsOut += permits.length;
    const due = permits.filter(({ waitMs }) => waitMs <= 0);
    for (const permit of permits) {
      if (permit.waitMs <= 0) continue;
      const timer = timers.after(permit.waitMs, () => {
        waiting.delete(permit);
        return fetchFor([permit]);
      });
      waiting.set(permit, timer);
    }
    if (permits.length === 0 && acquired.retryInMs > 0) timers.after(acquired.retryInMs, fill);
    if (due.length > 0) await fetchFor(due);
  }

  function fetchFor(permits: HeldPermit[]): Promise<void> {
    const fetching = take(permits).catch((error: unknown) => {
      logger.warn({ queue, error: messageOf(error) }, 'could not fetch jobs; trying again');
    });
    fetches.add(fetching);
    return fetching.finally(() => fetches.delete(fetching));
  }

  async function take(permits: HeldPermit[]): Promise<void> {
    const unused = [...permits];
    const mayStart = !isStopped && provider.allowance() >= 1;
    try {
      const fetched = mayStart ? await jobs.fetch(queue, permits.length, slotsPerWorkspace) : [];
      if (mayStart) isIdle = fetched.length === 0;
      if (fetched.length === 0) unused.push(...recall());
      const works = fetched.length === 0 ? [] : await handler.begin(fetched);
      for (const work of works) {
        const permit = unused.shift();
        if (permit !== undefined) running.start(work, permit);
      }
      // Behind jobs of a workspace without a free slot there may be jobs of others.
      const mayBeMore = fetched.length === permits.length || slotsPerWorkspace !== undefined;
      if (fetched.length > 0 && mayBeMore) askAgain = true;
      if (asking === undefined && askAgain) fill();
    } finally {
      permitsOut -= permits.length;
      if (!mayStart) fill();
      await giveBack(unused);
    }
  }

  /** Resolves when no job is being fetched or run. */
  async function drain(): Promise<void> {
    await asking;
    await Promise.all(fetches);
    await running.ended();
  }

  async function giveBack(permits: readonly HeldPermit[]): Promise<void> {
    const byDemand = Map.groupBy(permits, ({ demand }) => demand);
    for (const [demand, those] of byDemand) {
      await admission.release(
        those.map(({ id }) => id),
        demand,
      );
    }
  }

  /** Removes and returns the permits that are not valid yet. */
  function recall(): HeldPermit[] {
    const recalled = [...waiting];
    waiting.clear();
    permitsOut -= recalled.length;
    return recalled.map(([permit, timer]) => {
      timers.cancel(timer);
      return permit;
    });
  }

  return {
    start() {
      unsubscribe = jobs.onWork((name) => {
        if (name !== queue) return;
        isIdle = false;
        fill();
      });
      timers.every(pollIntervalMs, 'polling', fill);
      timers.every(limitsIntervalMs, 'looking at the limits', learnLimits);
      timers.every(heartbeatIntervalMs, 'heartbeat', running.beat);
      timers.every(leaseCheckIntervalMs, 'lease check', running.checkLeases);
      provider.onPause(() => {
        giveBack(recall()).catch((error: unknown) =>
          logger.warn({ queue, error: messageOf(error) }, 'permits not given back; they run out'),
        );
        fill();
      });
      fill();
    },
    async stop(graceMs) {
      isStopped = true;
      unsubscribe?.();
      timers.after(graceMs, () => running.abortAll(new Error('the worker is stopping')));
      const isLate = new Promise<void>((resolve) => timers.after(graceMs + handBackMs, () => resolve()));
      await Promise.race([drain(), isLate]);
      timers.cancelAll();
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
