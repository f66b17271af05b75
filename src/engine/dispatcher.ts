import { ServiceUnavailableError } from '../domain/errors/errors.ts';
import { LeaseLostError, type Work } from '../domain/work.ts';
import type { Admission, Demand, Permit } from '../provider/admission/admission.ts';
import type { Job, Jobs } from '../store/jobs/jobs.ts';
import type { QueueName } from '../store/jobs/queues.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createTimers } from './timers.ts';

/** What one kind of job is to the dispatcher, which knows nothing of its subject. */
export type Handler<W extends Work> = {
  queue: QueueName;
  /** What a job of this kind asks of the provider's limits. */
  demand: Demand;
  /** Takes the leases of these jobs and prepares them. What it does not return, and all where it rejects, has been dealt with. */
  begin(jobs: readonly Job[]): Promise<W[]>;
  /**
   * Runs one job to its end, which it writes itself. Rejects for a bug or an outage.
   *
   * @param onMade to be called with what it used of the demand, when only writing the end is left: its slot is free.
   */
  run(work: W, signal: AbortSignal, onMade: (used: Demand) => void): Promise<void>;
  /** @returns which of these leases still hold. */
  held(leaseIds: readonly string[]): Promise<Set<string>>;
  /**
   * Puts a job back in the queue, unless its lease was lost. Waits for a database that is away.
   *
   * @param options.countsAsAttempt whether the run failed by itself.
   */
  release(work: W, options: { countsAsAttempt: boolean }): Promise<void>;
};

/** How long a stop waits for aborted jobs to be handed back: the database may be away. */
const handBackMs = 3_000;

export type Dispatcher = {
  start(): void;
  /**
   * Takes no more jobs and waits for those in flight.
   *
   * @param graceMs after which they are aborted and handed back.
   */
  stop(graceMs: number): Promise<void>;
};

/** The floor under lost notifications, and the pace of retries that come due. */
const pollIntervalMs = 1_000;
/** How soon it is looked whether a provider that may not be called may be called again. */
const allowanceIntervalMs = 100;
/** A third of the queue's heartbeat, so that one late touch costs no lease. */
const heartbeatIntervalMs = 3_000;
/** How soon a worker hears that its batch was called off, even without Redis. */
const leaseCheckIntervalMs = 500;

/**
 * Keeps up to `slots` jobs of a queue running. First it gets permits from admission, which paces them, and
 * only then does it fetch: so the order of the queue is decided at the last moment, and nobody's job waits
 * behind a fetched one of somebody else.
 */
export function createDispatcher<W extends Work>(deps: {
  jobs: Pick<Jobs, 'fetch' | 'touch' | 'onWork'>;
  admission: Admission;
  handler: Handler<W>;
  slots: number;
  /** Jobs of one owner that may run at the same time, over all instances; undefined: any number. */
  slotsPerOwner: number | undefined;
  provider: {
    /** How many jobs the provider can be asked for now. */
    allowance(): number;
    onPause(listener: () => void): void;
  };
  logger: Logger;
}): Dispatcher {
  const { jobs, admission, handler, slots, slotsPerOwner, provider, logger } = deps;
  const { queue, demand } = handler;
  const running = new Map<string, { permit: Permit; work: W; abort: AbortController; done: Promise<void> }>();
  /** Of these, the ones that have given back their slots and write their ends. */
  const ending = new Set<string>();
  const stopping = new AbortController();
  const timers = createTimers({
    isOver: () => isStopped && running.size === 0,
    onFailure: (error, sentence) => logger.warn({ queue, error: messageOf(error) }, sentence),
  });
  /** Permits that wait for their moment or for a fetch. */
  let permitsOut = 0;
  /** Of these, the ones that wait for their moment. */
  const waiting = new Map<Permit, NodeJS.Timeout>();
  /** No job was there last time: permits in store for none would all go at once when a batch starts. */
  let isIdle = false;
  let lookAgain: NodeJS.Timeout | undefined;
  let isStopped = false;
  let asking: Promise<void> | undefined;
  let askAgain = false;
  let unsubscribe: (() => void) | undefined;
  const fetches = new Set<Promise<void>>();

  /** One request for permits at a time; a wake-up meanwhile means that there may be more to do behind it. */
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

  /** A database that takes long to write ends holds up what comes behind them. */
  function freeSlots(): number {
    return slots - permitsOut - running.size + Math.min(ending.size, slots);
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
    const wanted = Math.min(freeSlots(), allowed, isIdle ? 1 : slots);
    if (wanted < 1) return;
    const { permits, retryInMs } = await admission.acquire(wanted, demand);
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
    if (permits.length === 0 && retryInMs > 0) timers.after(retryInMs, fill);
    if (due.length > 0) await fetchFor(due);
  }

  function fetchFor(permits: Permit[]): Promise<void> {
    const fetching = take(permits).catch((error: unknown) => {
      logger.warn({ queue, error: messageOf(error) }, 'could not fetch jobs; trying again');
    });
    fetches.add(fetching);
    return fetching.finally(() => fetches.delete(fetching));
  }

  async function take(permits: Permit[]): Promise<void> {
    const unused = [...permits];
    const mayStart = !isStopped && provider.allowance() >= 1;
    try {
      const fetched = mayStart ? await jobs.fetch(queue, permits.length, slotsPerOwner) : [];
      if (mayStart) isIdle = fetched.length === 0;
      if (fetched.length === 0) unused.push(...recall());
      const works = fetched.length === 0 ? [] : await handler.begin(fetched);
      for (const work of works) {
        const permit = unused.shift();
        if (permit !== undefined) start(work, permit);
      }
      // Behind jobs of an owner who has no slot left there may be others.
      const mayBeMore = fetched.length === permits.length || slotsPerOwner !== undefined;
      if (fetched.length > 0 && mayBeMore) askAgain = true;
      if (asking === undefined && askAgain) fill();
    } finally {
      permitsOut -= permits.length;
      if (!mayStart) fill();
      await giveBack(unused);
    }
  }

  /** Waits until nothing is fetched or run any more. */
  async function drain(): Promise<void> {
    await asking;
    await Promise.all(fetches);
    await Promise.all([...running.values()].map(({ done }) => done));
  }

  function giveBack(permits: readonly Permit[]): Promise<void> {
    return admission.release(
      permits.map(({ id }) => id),
      demand,
    );
  }

  /** Takes back the permits whose moment has not come. */
  function recall(): Permit[] {
    const recalled = [...waiting];
    waiting.clear();
    permitsOut -= recalled.length;
    return recalled.map(([permit, timer]) => {
      timers.cancel(timer);
      return permit;
    });
  }

  function start(work: W, permit: Permit): void {
    const abort = new AbortController();
    const signal = AbortSignal.any([abort.signal, stopping.signal]);
    running.set(work.leaseId, { permit, work, abort, done: run(work, permit, signal) });
  }

  async function run(work: W, permit: Permit, signal: AbortSignal): Promise<void> {
    const fields = { queue, job: work.jobId, subject: work.subjectId, attempt: work.attempt };
    let isFree = false;
    async function free(used: Demand): Promise<void> {
      if (isFree) return;
      isFree = true;
      const unused = Object.entries(demand).map(
        ([bucket, amount]) => [bucket, amount - (used[bucket] ?? 0)] as const,
      );
      await admission.release([permit.id], Object.fromEntries(unused)).catch(() => undefined);
      fill();
    }
    try {
      await handler.run(work, signal, (used) => {
        ending.add(work.leaseId);
        void free(used);
      });
    } catch (error) {
      if (error instanceof LeaseLostError) {
        logger.info(fields, 'lease lost; calls aborted, nothing written');
      } else {
        const isOwnFailure = !stopping.signal.aborted && !(error instanceof ServiceUnavailableError);
        if (isOwnFailure) logger.error({ ...fields, err: error }, 'job interrupted');
        await handler
          .release(work, { countsAsAttempt: isOwnFailure })
          .catch(() => logger.warn(fields, 'job not handed back; its heartbeat will run out'));
      }
    } finally {
      running.delete(work.leaseId);
      ending.delete(work.leaseId);
      await free(demand);
      fill();
    }
  }

  async function checkLeases(): Promise<void> {
    if (running.size === 0) return;
    const checked = [...running.keys()];
    const held = await handler.held(checked);
    for (const leaseId of checked)
      if (!held.has(leaseId)) running.get(leaseId)?.abort.abort(new LeaseLostError());
  }

  async function beat(): Promise<void> {
    if (running.size === 0) return;
    const all = [...running.values()];
    await Promise.all([
      jobs.touch(
        queue,
        all.map(({ work }) => work.jobId),
      ),
      admission.renew(all.filter(({ work }) => !ending.has(work.leaseId)).map(({ permit }) => permit.id)),
    ]);
  }

  return {
    start() {
      unsubscribe = jobs.onWork((name) => {
        if (name !== queue) return;
        isIdle = false;
        fill();
      });
      timers.every(pollIntervalMs, 'polling', fill);
      timers.every(heartbeatIntervalMs, 'heartbeat', beat);
      timers.every(leaseCheckIntervalMs, 'lease check', checkLeases);
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
      timers.after(graceMs, () => stopping.abort(new Error('the worker is stopping')));
      const isLate = new Promise<void>((resolve) => timers.after(graceMs + handBackMs, () => resolve()));
      await Promise.race([drain(), isLate]);
      timers.cancelAll();
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
