import {
  isAccountFault,
  pausesBatch,
  ProviderError,
  type PauseCode,
  type ProviderErrorCode,
} from '../domain/errors/provider-errors.ts';
import { toGlobalId } from '../domain/ids.ts';
import { fieldsOf, type Work } from '../domain/runs/work.ts';
import type { BudgetRefusal, Ledger } from '../provider/ledger/ledger.ts';
import { groupWrites } from '../store/grouped-writes.ts';
import type { Logger } from '../telemetry/logger.ts';
import { BudgetRefusedError, NotRunningError } from './steps.ts';

/** How runs of a kind end without a result. */
export type RunEnds<W extends Work> = {
  /**
   * Puts the work back in the queue.
   *
   * @param options.countsAsAttempt whether the run failed by itself.
   * @param options.delaySeconds how long it waits at least, if the run does not count; 0 by default.
   */
  release(work: W, options: { countsAsAttempt: boolean; delaySeconds?: number }): Promise<unknown>;
  /** Ends the work for good. `message` is told to people. */
  settleFailed(work: W, failure: { code: ProviderErrorCode; message: string }): Promise<unknown>;
  /** Pauses the batch: what failed would meet all of it. */
  pauseFor(batchId: string, code: PauseCode): Promise<void>;
  /** Called when the refused work is back in the queue. @returns whether the batch was paused. */
  awaitBudget(batchId: string, refusal: BudgetRefusal): Promise<boolean>;
};

/** How many bad answers a step may get: each of them is paid. */
const maxUselessAnswers = 3;
/** After this many rate limit refusals of a step, each further one counts as a failed attempt. */
const maxRefusals = 40;
/** Nobody can resume work that has no batch: it looks again by itself. */
const lookAgainSeconds = 30;
/** Refused work must not run again before its batch waits or is paused: it would be refused again and again. */
const untilBatchWaitsSeconds = 0.5;
const maxGroupSize = 1_000;

/**
 * Decides what becomes of runs whose steps failed: pauses the batch, puts the work back in the queue, or ends it.
 *
 * @returns a function that takes the work, the names of its run's steps and what the run rejected with. It throws that again
 * if it says nothing of a call.
 */
export function createRunFailures<W extends Work>(
  deps: RunEnds<W> & { ledger: Pick<Ledger, 'failures'>; logger: Logger },
): (work: W, steps: readonly string[], error: unknown) => Promise<void> {
  const { release, settleFailed, pauseFor, ledger, logger } = deps;

  /** Refusals of one batch that come at the same time are one. One that comes later is looked at again, after its release. */
  const awaitBudget = groupWrites<{ batchId: string; refusal: BudgetRefusal }, true>(
    async (refusals) => {
      const last = refusals.at(-1);
      if (last !== undefined && (await deps.awaitBudget(last.batchId, last.refusal))) {
        const fields = { batch: toGlobalId('Batch', last.batchId), code: last.refusal.reason };
        logger.warn(fields, 'batch paused: its budget does not suffice');
      }
      return refusals.map(() => true);
    },
    maxGroupSize,
    ({ batchId }) => batchId,
  );

  /** Puts work back that can do nothing about its failure. Without a batch it waits. */
  async function putBack(work: W, delaySeconds = 0): Promise<void> {
    const isAlone = work.batchId === null;
    await release(work, { countsAsAttempt: false, delaySeconds: isAlone ? lookAgainSeconds : delaySeconds });
  }

  async function refused(work: W, refusal: BudgetRefusal): Promise<void> {
    await putBack(work, untilBatchWaitsSeconds);
    const { batchId } = work;
    if (batchId !== null) await awaitBudget({ batchId, refusal });
    else logger.warn({ ...fieldsOf(work), code: refusal.reason }, 'run waits: its budget does not suffice');
  }

  async function failed(work: W, steps: readonly string[], error: ProviderError): Promise<void> {
    const { batchId } = work;
    const { code, message, retryable } = error;
    const fields = { ...fieldsOf(work), code };
    if (batchId !== null && pausesBatch(code)) {
      logger.error(fields, `batch paused: ${message}`);
      await pauseFor(batchId, code);
      return putBack(work);
    }
    if (isAccountFault(code)) {
      logger.error(fields, `run waits: ${message}`);
      return putBack(work);
    }
    const timesFailed = () => ledger.failures(work.subjectId, steps, code);
    if (code === 'RATE_LIMITED' && (await timesFailed()) < maxRefusals) {
      logger.info(fields, 'run waits: the provider limits our rate');
      return void (await release(work, { countsAsAttempt: false }));
    }
    if (code === 'PROVIDER_DOWN') return void (await release(work, { countsAsAttempt: false }));
    // A retry by a person starts with attempt 1 again, and so with three tries.
    const mayBeUseless = code === 'BAD_ANSWER' && work.attempt >= maxUselessAnswers;
    const isLast = work.isLastAttempt || (mayBeUseless && (await timesFailed()) >= maxUselessAnswers);
    if (retryable && !isLast) {
      logger.warn(fields, 'run will be tried again');
      return void (await release(work, { countsAsAttempt: true }));
    }
    await settleFailed(work, { code, message });
    logger.warn(fields, 'run failed');
  }

  return async (work, steps, error) => {
    if (error instanceof NotRunningError) await putBack(work);
    else if (error instanceof BudgetRefusedError) await refused(work, error.refusal);
    else if (error instanceof ProviderError) await failed(work, steps, error);
    else throw error;
  };
}
