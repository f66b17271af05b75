import type { Logger } from '../telemetry/logger.ts';
import type { Job, Jobs, QueueName } from '../store/jobs.ts';

/** Runs one job to its end. It settles, discards or retries the job itself; what it throws is a bug or an outage. */
export type Handler = (job: Job, signal: AbortSignal) => Promise<void>;

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
/** A third of the queue's heartbeat, so that one late touch costs no lease. */
const heartbeatIntervalMs = 3_000;

/**
 * Keeps `slots` jobs of a queue running: as soon as one ends, the next is fetched. It looks for work when a
 * slot comes free, when the queue says that there is some, and once a second.
 */
export function createDispatcher(deps: {
  jobs: Jobs;
  queue: QueueName;
  slots: number;
  handle: Handler;
  logger: Logger;
}): Dispatcher {
  const { jobs, queue, slots, handle, logger } = deps;
  const running = new Map<string, { job: Job; done: Promise<void> }>();
  const stopping = new AbortController();
  let isStopped = false;
  let fetching: Promise<void> | undefined;
  let fetchAgain = false;
  const timers: NodeJS.Timeout[] = [];
  let unsubscribe: (() => void) | undefined;

  /** One fetch at a time; a wake-up during a fetch means that there may be more behind it. */
  function fill(): void {
    if (isStopped || running.size >= slots) return;
    if (fetching !== undefined) {
      fetchAgain = true;
      return;
    }
    fetchAgain = false;
    fetching = take()
      .catch((error: unknown) =>
        logger.warn({ queue, error: messageOf(error) }, 'could not fetch jobs; trying again'),
      )
      .finally(() => {
        fetching = undefined;
        if (fetchAgain) fill();
      });
  }

  async function take(): Promise<void> {
    const wanted = slots - running.size;
    const fetched = await jobs.fetch(queue, wanted);
    for (const job of fetched) running.set(job.id, { job, done: run(job) });
    if (fetched.length === wanted) fetchAgain = true;
  }

  async function run(job: Job): Promise<void> {
    try {
      await handle(job, stopping.signal);
    } catch (error) {
      if (!stopping.signal.aborted)
        logger.error({ queue, job: job.id, error: messageOf(error) }, 'job interrupted');
      await jobs
        .retry(queue, job.id, messageOf(error))
        .catch(() => logger.warn({ queue, job: job.id }, 'job not handed back; its heartbeat will run out'));
    } finally {
      running.delete(job.id);
      fill();
    }
  }

  return {
    start() {
      unsubscribe = jobs.onWork((name) => {
        if (name === queue) fill();
      });
      timers.push(setInterval(fill, pollIntervalMs));
      timers.push(
        setInterval(() => {
          if (running.size === 0) return;
          jobs
            .touch(queue, [...running.keys()])
            .catch((error: unknown) => logger.warn({ queue, error: messageOf(error) }, 'heartbeat failed'));
        }, heartbeatIntervalMs),
      );
      fill();
    },
    async stop(graceMs) {
      isStopped = true;
      unsubscribe?.();
      timers.slice(0, 1).forEach(clearInterval);
      await fetching;
      const grace = setTimeout(() => stopping.abort(new Error('the worker is stopping')), graceMs);
      await Promise.all([...running.values()].map(({ done }) => done));
      clearTimeout(grace);
      timers.forEach(clearInterval);
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
