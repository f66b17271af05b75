import { ServiceUnavailableError } from '../domain/errors/errors.ts';
import { fieldsOf, LeaseLostError, type Work } from '../domain/runs/work.ts';
import type { Admission, Demand, HeldPermit } from '../provider/admission/admission.ts';
import type { Jobs } from '../store/jobs/jobs.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Handler } from './handler.ts';
import type { Slots } from './slots.ts';

export type RunningJobs<W extends Work> = {
  /** How many jobs run, those that write their results included. */
  count(): number;
  /** How many of them have freed their slot and only write their result. */
  countWriting(): number;
  start(work: W, permit: HeldPermit): void;
  /** Aborts the jobs whose lease was lost. */
  checkLeases(): Promise<void>;
  /** Sends the heartbeat of all jobs and renews their permits. */
  beat(): Promise<void>;
  /** Resolves when the jobs that run now have ended. */
  ended(): Promise<void>;
  /** Aborts all jobs. They are put back in the queue. */
  abortAll(reason: Error): void;
};

/** The jobs that this process runs, from their start to their end. @param deps.onFree called when a slot is free. */
export function createRunningJobs<W extends Work>(deps: {
  jobs: Pick<Jobs, 'touch'>;
  admission: Admission;
  handler: Handler<W>;
  slots: Pick<Slots, 'held'>;
  onFree: () => void;
  logger: Logger;
}): RunningJobs<W> {
  const { jobs, admission, handler, slots, onFree, logger } = deps;
  const { queue } = handler;
  const running = new Map<
    string,
    { permit: HeldPermit; work: W; abort: AbortController; done: Promise<void> }
  >();
  /** Leases of the jobs that only write their result. */
  const writing = new Set<string>();
  const stopping = new AbortController();

  async function run(work: W, permit: HeldPermit, signal: AbortSignal): Promise<void> {
    const fields = { queue, ...fieldsOf(work) };
    const startedAt = performance.now();
    let freedAt: number | undefined;
    async function free(used: Demand): Promise<void> {
      if (freedAt !== undefined) return;
      freedAt = performance.now();
      // Another model may have served than the permit was for: then its buckets are charged.
      const buckets = Object.keys({ ...permit.demand, ...used });
      const unused = buckets.map(
        (bucket) => [bucket, (permit.demand[bucket] ?? 0) - (used[bucket] ?? 0)] as const,
      );
      await admission.release([permit.id], Object.fromEntries(unused)).catch(() => undefined);
      onFree();
    }
    try {
      const isWhole = await handler.run(work, signal, (used) => {
        writing.add(work.leaseId);
        void free(used);
      });
      if (isWhole) slots.held(permit.waitMs + (freedAt ?? performance.now()) - startedAt);
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
      writing.delete(work.leaseId);
      await free(permit.demand);
      onFree();
    }
  }

  return {
    count: () => running.size,
    countWriting: () => writing.size,
    start(work, permit) {
      const abort = new AbortController();
      const signal = AbortSignal.any([abort.signal, stopping.signal]);
      running.set(work.leaseId, { permit, work, abort, done: run(work, permit, signal) });
    },
    async checkLeases() {
      if (running.size === 0) return;
      const checked = [...running.keys()];
      const held = await handler.held(checked);
      for (const leaseId of checked)
        if (!held.has(leaseId)) running.get(leaseId)?.abort.abort(new LeaseLostError());
    },
    async beat() {
      if (running.size === 0) return;
      const all = [...running.values()];
      await Promise.all([
        jobs.touch(
          queue,
          all.map(({ work }) => work.jobId),
        ),
        admission.renew(all.filter(({ work }) => !writing.has(work.leaseId)).map(({ permit }) => permit.id)),
      ]);
    },
    async ended() {
      await Promise.all([...running.values()].map(({ done }) => done));
    },
    abortAll: (reason) => stopping.abort(reason),
  };
}
