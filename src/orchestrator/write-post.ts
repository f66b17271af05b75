import { randomUUID } from 'node:crypto';
import { pausesBatch, ProviderError } from '../domain/provider-errors.ts';
import type { Bus } from '../events/bus.ts';
import type { BudgetRefusal, Ledger } from '../provider/ledger.ts';
import type { Provider } from '../provider/provider.ts';
import type { Batches } from '../services/batches.ts';
import type { Images } from '../services/images.ts';
import type { PostWorkbench } from '../services/post-work.ts';
import type { Jobs } from '../store/jobs.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Handler } from './dispatcher.ts';
import { makePost, tellStage, type PreparedPost } from './make-post.ts';
import { demandOf, partsOf, planCalls, stepOf } from './post-parts.ts';
import { createUselessAnswers } from './useless-answers.ts';

type Deps = {
  workbench: PostWorkbench;
  batches: Batches;
  jobs: Jobs;
  provider: Provider;
  ledger: Ledger;
  images: Pick<Images, 'put'>;
  bus: Bus;
  logger: Logger;
};

/**
 * The handler of the queue `posts`: asks for caption and picture at the same time and writes the result. A
 * post that fails for good, or too often, ends FAILED with a code; its batch goes on.
 */
export function createPostWriter(deps: Deps): Handler<PreparedPost> {
  const { workbench, batches, jobs, provider, ledger, logger } = deps;
  const maker = { ...deps, useless: createUselessAnswers() };
  return {
    queue: 'posts',
    demand: demandOf(provider, ['caption', 'image']),
    held: (leaseIds) => workbench.held(leaseIds),
    release: (work, options) => workbench.release(work, options),

    async begin(fetched) {
      const claimed = await workbench.claim(fetched.map((job) => ({ job, leaseId: randomUUID() })));
      const idle = fetched.filter(({ id }) => !claimed.some(({ jobId }) => jobId === id));
      if (idle.length > 0) await jobs.discard('posts', idle);
      for (const { batchId } of claimed) maker.useless.goOn(batchId);
      const opened = await ledger.open(claimed.map((work) => ({ work, calls: planCalls(provider, work) })));
      const prepared: PreparedPost[] = [];
      const refusals = new Map<string, BudgetRefusal>();
      for (const [index, work] of claimed.entries()) {
        const outcome = opened[index];
        if (outcome === undefined) throw new Error('the ledger answered short');
        if ('refused' in outcome) {
          await workbench.release(work, { countsAsAttempt: false });
          if (outcome.refused !== 'BATCH_NOT_RUNNING') refusals.set(work.batchId, outcome.refused);
        } else {
          prepared.push({ ...work, calls: outcome.calls });
        }
      }
      for (const [batch, refusal] of refusals) {
        const isPaused = await batches.awaitBudget(batch, refusal);
        if (isPaused)
          logger.warn({ batch, code: refusal.reason }, 'batch paused: its budget does not suffice');
      }
      return prepared;
    },

    async run(work, signal, onMade) {
      const pending = work.calls.filter((call) => 'callId' in call);
      const used = demandOf(
        provider,
        partsOf(work).filter((part) => pending.some(({ step }) => step === stepOf(work, part))),
      );
      const fields = { post: work.subjectId, batch: work.batchId, job: work.jobId, attempt: work.attempt };
      const sent = pending.length > 0 ? ledger.sent(pending.map(({ callId }) => callId)) : undefined;
      tellStage(deps.bus, work, 'STARTED');
      await sent;
      try {
        const made = await makePost(maker, work, signal);
        onMade(used);
        const settled = await workbench.settle(work, { status: 'COMPLETED', ...made });
        logger.info(fields, settled ? 'post completed' : 'lease lost; result dropped');
      } catch (error) {
        if (!(error instanceof ProviderError)) throw error;
        await fail(deps, work, error);
        onMade(used);
      }
    },
  };
}

/** How often a post is tried where answers are useless: each of them is paid. */
const maxUselessTries = 3;

/** Refusals by the provider's limits that a post sits out before each further one costs it a try. */
const maxRefusals = 40;

async function fail(
  { workbench, batches, ledger, logger }: Deps,
  work: PreparedPost,
  error: ProviderError,
): Promise<void> {
  const fields = {
    post: work.subjectId,
    batch: work.batchId,
    job: work.jobId,
    attempt: work.attempt,
    code: error.code,
  };
  if (pausesBatch(error.code)) {
    logger.error(fields, `batch paused: ${error.message}`);
    await batches.pauseFor(work.batchId, error.code);
    return workbench.release(work, { countsAsAttempt: false });
  }
  if (error.code === 'RATE_LIMITED' && (await ledger.refusals(work.subjectId)) < maxRefusals) {
    logger.info(fields, 'post waits: the provider limits our rate');
    return workbench.release(work, { countsAsAttempt: false });
  }
  if (error.code === 'PROVIDER_DOWN') return workbench.release(work, { countsAsAttempt: false });
  const isLast = work.isLastAttempt || (error.code === 'BAD_ANSWER' && work.attempt >= maxUselessTries);
  if (error.retryable && !isLast) {
    logger.warn(fields, 'post will be tried again');
    return workbench.release(work);
  }
  await workbench.settle(work, { status: 'FAILED', errorCode: error.code, errorMessage: error.message });
  logger.warn(fields, 'post failed');
}
