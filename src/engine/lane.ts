import type { Work } from '../domain/runs/work.ts';
import type { Acquired, Admission, AdmissionState, HeldPermit } from '../provider/admission/admission.ts';
import type { Job, Jobs } from '../store/jobs/jobs.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Handler } from './handler.ts';
import type { Member, Pool } from './pool.ts';
import { createRunningJobs } from './running-jobs.ts';
import type { Slots } from './slots.ts';
import { createTimers } from './timers.ts';

/** One kind of work, as the dispatcher runs it. */
export type Lane = {
  /** Gets back only works of its own. */
  handler: Handler<Work>;
  /** How many of its jobs may run at the same time, as far as the pool allows. */
  slots: Slots;
  /** Whether somebody waits for its jobs, and they are small and few. A share of the pool is kept for such lanes. */
  isShort: boolean;
  /** @returns how many of its jobs may call their models now. */
  allowance(): number;
};

/** A lane at work: its permits, its fetches and its jobs. */
export type OpenLane = Member & {
  start(): void;
  /** @returns how many more jobs it would start if the pool allowed any number. */
  wants(): number;
  /** Asks for permits and starts jobs with them. Resolves when admission has answered. @param atMost slots that it may take. */
  ask(atMost: number): Promise<void>;
  /** Gives the permits that are not valid yet back. */
  recall(): void;
  /** Hears what admission allows at present. */
  allowed(limitsPerMinute: AdmissionState['limitsPerMinute']): void;
  /** As the dispatcher's `stop`. */
  stop(graceMs: number): Promise<void>;
};

/** How long a stop waits until aborted jobs are put back in the queue: the database may be away. */
const handBackMs = 3_000;
/** Finds jobs whose notification was lost, and retries that are due. */
const pollIntervalMs = 1_000;
/** How often to check whether blocked models may be called again. */
const allowanceIntervalMs = 100;
/** A third of the time after which a job counts as dead (services/runs/recovery.ts). */
const heartbeatIntervalMs = 3_000;
/** How soon a worker notices that its batch was cancelled. */
const leaseCheckIntervalMs = 500;

/**
 * Opens a lane. It acquires permits first, at the pace of the provider's limits, and fetches jobs only when it may start them:
 * so the queue's order is decided as late as possible. Permits that are not valid yet hold no slot of the pool.
 *
 * @param deps.deal called when this lane may want slots, or has freed some.
 */
export function openLane(
  { handler, slots, isShort, allowance }: Lane,
  deps: {
    jobs: Pick<Jobs, 'fetch' | 'touch' | 'onWork'>;
    admission: Admission;
    pool: Pool<OpenLane>;
    slotsPerWorkspace: number | undefined;
    deal: () => void;
    logger: Logger;
  },
): OpenLane {
  const { jobs, admission, pool, slotsPerWorkspace, deal, logger } = deps;
  const { queue } = handler;
  const warn = (error: unknown, sentence: string): void =>
    logger.warn({ queue, error: error instanceof Error ? error.message : String(error) }, sentence);
  const running = createRunningJobs({ jobs, admission, handler, slots, onFree: look, logger });
  const timers = createTimers({ isOver: () => isStopped && running.count() === 0, onFailure: warn });
  /** The permits that are not valid yet, with the timers that wait for them. */
  const waiting = new Map<HeldPermit, NodeJS.Timeout>();
  /** Slots of the pool for permits that are asked for or about to be used. */
  let reserved = 0;
  /** There may be a job that no fetch has looked for. */
  let mayHaveWork = true;
  /** The last fetch found no job. Then one permit is enough: a stock of them would all be used at once when a batch starts. */
  let isIdle = false;
  /** From asking for permits until those that are valid at once are used: jobs that end meanwhile are replaced by one fetch. */
  let isAsking = false;
  let isStopped = false;
  let nextDeal: NodeJS.Timeout | undefined;
  let unsubscribe: (() => void) | undefined;
  const underWay = new Set<Promise<void>>();
  /** The position of its newest job, and its lead. A lane that has fetched nothing so far goes first. */
  let turn = Number.MIN_SAFE_INTEGER;
  /** How far its turn is ahead of its jobs' positions. */
  let lead = 0;
  /** Others went on while its models were away. */
  let wasPassed = false;

  const lane: OpenLane = {
    isShort,
    isServing: () => !isIdle && allowance() >= 1,
    held: () => running.count() + reserved,
    writing: () => running.countWriting(),
    turn: () => turn,
    wants() {
      if (isStopped || isAsking || !mayHaveWork) return 0;
      const free = freeSlots();
      return isIdle ? Math.min(free, 1 - waiting.size - reserved) : free;
    },
    ask: (atMost) => track(ask(atMost)),
    recall: () => void track(giveBack(takeWaiting())),
    allowed: (limitsPerMinute) => slots.allowed(limitsPerMinute),
    start() {
      unsubscribe = jobs.onWork((name) => {
        if (name !== queue) return;
        isIdle = false;
        look();
      });
      timers.every(pollIntervalMs, 'polling', look);
      timers.every(heartbeatIntervalMs, 'heartbeat', running.beat);
      timers.every(leaseCheckIntervalMs, 'lease check', running.checkLeases);
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
  pool.join(lane);
  return lane;

  function look(): void {
    mayHaveWork = true;
    deal();
  }

  /** Jobs that write their results free their slots, but at most as many as there are: a slow database must slow the start of jobs. */
  function freeSlots(): number {
    const count = slots.count();
    return count - waiting.size - lane.held() + Math.min(lane.writing(), count);
  }

  async function ask(atMost: number): Promise<void> {
    const allowed = allowance();
    if (allowed < 1) {
      if (pool.turnBeside(lane) !== undefined) wasPassed = true;
      return dealIn(allowanceIntervalMs);
    }
    const wanted = Math.min(lane.wants(), atMost - waiting.size, allowed);
    if (wanted < 1) return;
    let due: HeldPermit[] = [];
    isAsking = true;
    reserved += wanted;
    try {
      const demand = handler.demand();
      due = keep(await admission.acquire(wanted, demand), demand);
    } finally {
      reserved -= wanted - due.length;
      isAsking = due.length > 0;
    }
    if (due.length === 0) return;
    const used = take(due).finally(() => {
      isAsking = false;
      deal();
    });
    void track(used);
  }

  /** Only the newest wish counts: each deal of another lane may add one. */
  function dealIn(ms: number): void {
    if (nextDeal !== undefined) timers.cancel(nextDeal);
    nextDeal = timers.after(ms, deal);
  }

  /** Keeps the permits that are not valid yet until their time. @returns the others. */
  function keep({ permits, retryInMs }: Acquired, demand: HeldPermit['demand']): HeldPermit[] {
    if (permits.length === 0 && retryInMs > 0) dealIn(retryInMs);
    const held = permits.map((permit): HeldPermit => ({ ...permit, demand }));
    for (const permit of held) {
      if (permit.waitMs <= 0) continue;
      waiting.set(
        permit,
        timers.after(permit.waitMs, () => useInTime(permit)),
      );
    }
    return held.filter(({ waitMs }) => waitMs <= 0);
  }

  /** Another lane may have taken the slot. Then the permit is given back: used later, it would add to the calls of that time. */
  function useInTime(permit: HeldPermit): Promise<void> {
    waiting.delete(permit);
    if (pool.free(lane) < 1) return track(giveBack([permit]));
    reserved += 1;
    return track(take([permit]).finally(deal));
  }

  /** Fetches jobs for permits whose slots are reserved, and starts them. */
  async function take(permits: HeldPermit[]): Promise<void> {
    const unused = [...permits];
    try {
      if (isStopped || allowance() < 1) return;
      mayHaveWork = false;
      const fetched = await jobs.fetch(queue, permits.length, slotsPerWorkspace);
      isIdle = fetched.length === 0;
      if (fetched.length === 0) {
        unused.push(...takeWaiting());
        return;
      }
      advance(fetched);
      for (const work of await handler.begin(fetched)) {
        const permit = unused.shift();
        if (permit !== undefined) running.start(work, permit);
      }
      // Behind jobs of a workspace without a free slot there may be jobs of others.
      if (fetched.length === permits.length || slotsPerWorkspace !== undefined) mayHaveWork = true;
    } finally {
      reserved -= permits.length;
      await giveBack(unused);
    }
  }

  /**
   * Moves the lane's turn on to its newest job. A lane whose models were away earns no credit by it, because others have gone on:
   * it leads its jobs' positions by as much as it was behind, until they have caught up.
   */
  function advance(fetched: readonly Job[]): void {
    const positions = fetched.map(({ priority }) => -priority);
    const lowest = Math.min(...positions);
    const behind = (pool.turnBeside(lane) ?? lowest) - lowest;
    lead = Math.max(0, wasPassed ? behind : Math.min(lead, behind + fetched.length));
    wasPassed = false;
    turn = Math.max(...positions) + lead;
    pool.fetched(lane);
  }

  /** Resolves when no job is being fetched or run. */
  async function drain(): Promise<void> {
    while (underWay.size > 0) await Promise.all(underWay);
    await running.ended();
  }

  /** Never rejects: what failed is tried again at the next deal, and permits that were not given back run out. */
  function track(work: Promise<void>): Promise<void> {
    const done = work
      .catch((error: unknown) => warn(error, 'could not fetch jobs; trying again'))
      .finally(() => underWay.delete(done));
    underWay.add(done);
    return done;
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
  function takeWaiting(): HeldPermit[] {
    const taken = [...waiting];
    waiting.clear();
    return taken.map(([permit, timer]) => {
      timers.cancel(timer);
      return permit;
    });
  }
}
