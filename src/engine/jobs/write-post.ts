import { randomUUID } from 'node:crypto';
import { pausesBatch, ProviderError } from '../../domain/errors/provider-errors.ts';
import { toGlobalId } from '../../domain/ids.ts';
import { fieldsOf } from '../../domain/runs/work.ts';
import type { Bus } from '../../events/bus.ts';
import type { BudgetRefusal, Ledger } from '../../provider/ledger/ledger.ts';
import type { Batches } from '../../services/batches/batches.ts';
import type { Images } from '../../services/posts/images.ts';
import type { PostResult, PostWork } from '../../services/posts/results.ts';
import type { Workbench } from '../../services/runs/workbench.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Handler } from '../handler.ts';
import type { PreparedPost } from './buy-part.ts';
import { makePost, tellStage } from './make-post.ts';
import { demandOf, planCalls, stepOf, type Means, type Part } from './post-parts.ts';
import { createUselessAnswers } from './useless-answers.ts';

type Deps = Means & {
  workbench: Workbench<PostWork, PostResult>;
  batches: Batches;
  ledger: Ledger;
  images: Pick<Images, 'put'>;
  bus: Bus;
  logger: Logger;
};

/**
 * The handler of the queue `posts`: makes the caption and the image at the same time and writes the result. A post that
 * fails for good, or too often, ends FAILED with a code. Its batch goes on.
 */
export function createPostWriter(deps: Deps): Handler<PreparedPost> {
  const { workbench, batches, provider, ledger, logger } = deps;
  const maker = { ...deps, useless: createUselessAnswers() };

  /** Opens the calls of these posts in the ledger. Puts the posts whose calls it refuses back in the queue. */
  async function prepare(claimed: readonly PostWork[]): Promise<PreparedPost[]> {
    for (const { batchId } of claimed) maker.useless.resume(batchId);
    const opened = await ledger.open(claimed.map((work) => ({ work, calls: planCalls(deps, work) })));
    const prepared: PreparedPost[] = [];
    const refusals = new Map<string, BudgetRefusal>();
    for (const [index, work] of claimed.entries()) {
      const outcome = opened[index];
      if (outcome === undefined) throw new Error('the ledger answered short');
      if ('refused' in outcome) {
        await workbench.release(work, { countsAsAttempt: false });
        if (outcome.refused !== 'NOT_RUNNING') refusals.set(work.batchId, outcome.refused);
      } else {
        prepared.push({ ...work, calls: outcome.calls });
      }
    }
    for (const [batchId, refusal] of refusals) {
      const isPaused = await batches.awaitBudget(batchId, refusal);
      const fields = { batch: toGlobalId('Batch', batchId), code: refusal.reason };
      if (isPaused) logger.warn(fields, 'batch paused: its budget does not suffice');
    }
    return prepared;
  }

  return {
    queue: 'write-post',
    demand: () => demandOf({ caption: provider.text.serving(), image: provider.image.serving() }),
    held: (leaseIds) => workbench.held(leaseIds),
    release: (work, options) => workbench.release(work, options),

    async begin(fetched) {
      const claimed = await workbench.claim(fetched.map((job) => ({ job, leaseId: randomUUID() })));
      try {
        await workbench.dismiss(fetched.filter(({ id }) => !claimed.some(({ jobId }) => jobId === id)));
        return await prepare(claimed);
      } catch (error) {
        // Otherwise they would stay claimed until recovery takes this worker for dead.
        await Promise.all(claimed.map((work) => workbench.release(work, { countsAsAttempt: false })));
        throw error;
      }
    },

    async run(work, signal, onMade) {
      const pending = work.calls.filter((call) => 'callId' in call);
      const modelOf = (part: Part) => pending.find(({ step }) => step === stepOf(work, part))?.model;
      const used = demandOf({ caption: modelOf('caption'), image: modelOf('image') });
      const sent = pending.length > 0 ? ledger.sent(pending.map(({ callId }) => callId)) : undefined;
      tellStage(deps.bus, work, 'STARTED');
      await sent;
      try {
        const made = await makePost(maker, work, signal);
        onMade(used);
        const settled = await workbench.settle(work, { status: 'COMPLETED', ...made });
        logger.info(fieldsOf(work), settled ? 'post completed' : 'lease lost; result dropped');
        return pending.length === work.calls.length;
      } catch (error) {
        if (!(error instanceof ProviderError)) throw error;
        await fail(deps, work, error);
        onMade(used);
        return false;
      }
    },
  };
}

/** How many bad answers a post may get: each of them is paid. */
const maxUselessAnswers = 3;

/** After this many rate limit refusals, each further one counts as a failed attempt. */
const maxRefusals = 40;

/** Handles a failed provider call: pauses the batch, puts the post back in the queue, or ends it FAILED. */
async function fail(
  { workbench, batches, ledger, logger }: Deps,
  work: PreparedPost,
  error: ProviderError,
): Promise<void> {
  const fields = { ...fieldsOf(work), code: error.code };
  if (pausesBatch(error.code)) {
    logger.error(fields, `batch paused: ${error.message}`);
    await batches.pauseFor(work.batchId, error.code);
    return workbench.release(work, { countsAsAttempt: false });
  }
  const steps = work.calls.map(({ step }) => step);
  const timesFailed = () => ledger.failures(work.subjectId, steps, error.code);
  if (error.code === 'RATE_LIMITED' && (await timesFailed()) < maxRefusals) {
    logger.info(fields, 'post waits: the provider limits our rate');
    return workbench.release(work, { countsAsAttempt: false });
  }
  if (error.code === 'PROVIDER_DOWN') return workbench.release(work, { countsAsAttempt: false });
  // A retry by a person starts with attempt 1 again, and so with three tries.
  const mayBeUseless = error.code === 'BAD_ANSWER' && work.attempt >= maxUselessAnswers;
  const isLast = work.isLastAttempt || (mayBeUseless && (await timesFailed()) >= maxUselessAnswers);
  if (error.retryable && !isLast) {
    logger.warn(fields, 'post will be tried again');
    return workbench.release(work);
  }
  await workbench.settle(work, { status: 'FAILED', errorCode: error.code, errorMessage: error.message });
  logger.warn(fields, 'post failed');
}
