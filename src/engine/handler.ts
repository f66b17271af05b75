import type { Work } from '../domain/runs/work.ts';
import type { Demand } from '../provider/admission/admission.ts';
import type { Job } from '../store/jobs/jobs.ts';

/** How the dispatcher runs one kind of job. It knows nothing of the job's subject. */
export type Handler<W extends Work> = {
  queue: string;
  /** @returns what one job of this kind takes now of the provider's limits. */
  demand(): Demand;
  /** Takes the leases of these jobs and prepares them. Deals itself with jobs that it does not return, and with all if it rejects. */
  begin(jobs: readonly Job[]): Promise<W[]>;
  /**
   * Runs one job and writes its result. Rejects for a bug or an outage.
   *
   * @param onMade called with the used part of the demand when only the result is left to write. Frees the job's slot.
   * @returns whether it was made as a whole. Otherwise parts of it were bought before, it ended, or it waits in the queue again.
   */
  run(work: W, signal: AbortSignal, onMade: (used: Demand) => void): Promise<boolean>;
  /** @returns the leases among these that still hold. */
  held(leaseIds: readonly string[]): Promise<Set<string>>;
  /**
   * Puts a job back in the queue, unless its lease was lost. Waits for a database that is away.
   *
   * @param options.countsAsAttempt whether the run failed by itself.
   */
  release(work: W, options: { countsAsAttempt: boolean }): Promise<void>;
};
