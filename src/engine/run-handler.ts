import { randomUUID } from 'node:crypto';
import { fieldsOf, type Work } from '../domain/runs/work.ts';
import type { Admission } from '../provider/admission/admission.ts';
import type { Ledger } from '../provider/ledger/ledger.ts';
import type { Batches } from '../services/batches/batches.ts';
import type { Workbench } from '../services/runs/workbench.ts';
import { queueOf } from '../store/jobs/queues.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Handler } from './handler.ts';
import type { JobKind } from './job-kind.ts';
import { createRunFailures } from './run-failures.ts';
import { createSteps } from './steps.ts';
import { createUselessAnswers } from './useless-answers.ts';

/** What runs of all kinds are made with. */
export type RunTools = {
  batches: Pick<Batches, 'pauseFor' | 'awaitBudget'>;
  ledger: Ledger;
  admission: Pick<Admission, 'acquire'>;
  logger: Logger;
};

/**
 * Creates the handlers of a kind: one of its queue, and one of the queue of its short runs. A run that fails for good, or too
 * often, ends FAILED with a code. Its batch goes on.
 */
export function createRunHandlers<W extends Work, Result extends object, Payload extends object>(
  { runs: kind, demand, run }: JobKind<W, Result, Payload>,
  workbench: Workbench<W, Result>,
  { batches, ledger, admission, logger }: RunTools,
): { isShort: boolean; handler: Handler<W> }[] {
  const buyer = { ledger, admission, useless: createUselessAnswers() };
  const failed = createRunFailures<W>({
    release: (work, options) => workbench.release(work, options),
    settleFailed: (work, { code, message }) =>
      workbench.settle(work, { status: 'FAILED', errorCode: code, errorMessage: message }),
    pauseFor: (batchId, code) => batches.pauseFor(batchId, code),
    awaitBudget: (batchId, refusal) => batches.awaitBudget(batchId, refusal),
    ledger,
    logger,
  });

  const handler: Omit<Handler<W>, 'queue'> = {
    demand,
    held: (leaseIds) => workbench.held(leaseIds),
    release: (work, options) => workbench.release(work, options),

    async begin(fetched) {
      const claimed = await workbench.claim(fetched.map((job) => ({ job, leaseId: randomUUID() })));
      try {
        await workbench.dismiss(fetched.filter(({ id }) => !claimed.some(({ jobId }) => jobId === id)));
        return claimed;
      } catch (error) {
        // Otherwise they would stay claimed until recovery takes this worker for dead.
        await Promise.all(claimed.map((work) => workbench.release(work, { countsAsAttempt: false })));
        throw error;
      }
    },

    async run(work, signal, onMade) {
      const steps = createSteps(buyer, work, demand());
      try {
        const payload = kind.payload.parse(work.payload);
        const outcome = await run({ ...work, payload }, steps, signal);
        onMade(steps.soFar().used);
        const isWritten =
          'result' in outcome
            ? await workbench.settle(work, outcome.result)
            : await workbench.park(work, outcome.waitFor);
        const sentence = 'result' in outcome ? 'run completed' : 'run waits for others or a person';
        logger.info(fieldsOf(work), isWritten ? sentence : 'lease lost; result dropped');
        return steps.soFar().isWhole;
      } catch (error) {
        await failed(work, steps.soFar().names, error);
        onMade(steps.soFar().used);
        return false;
      }
    },
  };
  return [false, true].map((isShort) => ({
    isShort,
    handler: { ...handler, queue: queueOf({ kind: kind.name, isShort }) },
  }));
}
