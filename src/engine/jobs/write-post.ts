import { randomUUID } from 'node:crypto';
import { fieldsOf } from '../../domain/work.ts';
import type { Admission } from '../../provider/admission/admission.ts';
import type { Ledger } from '../../provider/ledger/ledger.ts';
import type { Batches } from '../../services/batches/batches.ts';
import type { PostWork } from '../../services/posts/claim.ts';
import type { PostWorkbench } from '../../services/posts/workbench.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Handler } from '../handler.ts';
import { createRunFailures } from '../run-failures.ts';
import { createSteps } from '../steps.ts';
import { createUselessAnswers } from '../useless-answers.ts';
import { makePost, type Maker } from './make-post.ts';
import { postDemand } from './post-parts.ts';

type Deps = Maker & {
  workbench: PostWorkbench;
  batches: Pick<Batches, 'pauseFor' | 'awaitBudget'>;
  ledger: Ledger;
  admission: Pick<Admission, 'acquire'>;
  logger: Logger;
};

/**
 * The handler of the queue `posts`: makes the caption and the image at the same time and writes the result. A post that
 * fails for good, or too often, ends FAILED with a code. Its batch goes on.
 */
export function createPostWriter(deps: Deps): Handler<PostWork> {
  const { workbench, batches, ledger, logger } = deps;
  const buyer = { ...deps, useless: createUselessAnswers() };
  const demand = () => postDemand(deps.provider);
  const failed = createRunFailures<PostWork>({
    release: (work, options) => workbench.release(work, options),
    settleFailed: (work, { code, message }) =>
      workbench.settle(work, { status: 'FAILED', errorCode: code, errorMessage: message }),
    pauseFor: (batchId, code) => batches.pauseFor(batchId, code),
    awaitBudget: (batchId, refusal) => batches.awaitBudget(batchId, refusal),
    ledger,
    logger,
  });

  return {
    queue: 'posts',
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
        const made = await makePost(deps, work, steps, signal);
        onMade(steps.soFar().used);
        const settled = await workbench.settle(work, { status: 'COMPLETED', ...made });
        logger.info(fieldsOf(work), settled ? 'post completed' : 'lease lost; result dropped');
        return steps.soFar().isWhole;
      } catch (error) {
        await failed(work, steps.soFar().names, error);
        onMade(steps.soFar().used);
        return false;
      }
    },
  };
}
