import { randomUUID } from 'node:crypto';
import { ExponentialBackoff, handleAll, retry } from 'cockatiel';
import { z } from 'zod';
import type { PostStage } from '../domain/batch-events.ts';
import { channels } from '../domain/channels.ts';
import { captionSchema, fitToChannel, type Caption } from '../domain/post-content.ts';
import { captionUsageAtMost, imageUsageAtMost } from '../domain/post-usage.ts';
import { captionMessages, imagePrompt, promptHash } from '../domain/prompts.ts';
import { ProviderError } from '../domain/provider-errors.ts';
import type { Bus } from '../events/bus.ts';
import { announceStage } from '../events/topics.ts';
import type { Demand } from '../provider/admission/admission.ts';
import type { Ledger, OpenCall } from '../provider/ledger.ts';
import type { Provider, Purchase } from '../provider/provider.ts';
import type { Batches } from '../services/batches.ts';
import type { Made } from '../services/post-results.ts';
import type { PostWork, PostWorkbench } from '../services/post-work.ts';
import type { AssetStore } from '../store/assets.ts';
import type { Jobs } from '../store/jobs.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Handler } from './dispatcher.ts';

type Deps = {
  workbench: PostWorkbench;
  batches: Batches;
  jobs: Jobs;
  provider: Provider;
  ledger: Ledger;
  assets: Pick<AssetStore, 'put'>;
  bus: Bus;
  logger: Logger;
};

/** A post whose calls stand in the ledger. */
type PreparedPost = PostWork & { calls: OpenCall[] };

/**
 * The handler of the queue `posts`: asks for caption and picture at the same time and writes the result. A
 * post that fails for good, or too often, ends FAILED with a code; its batch goes on.
 */
export function createPostWriter(deps: Deps): Handler<PreparedPost> {
  const { workbench, batches, jobs, provider, ledger, logger } = deps;
  return {
    queue: 'posts',
    demand: demandOf(provider, ['caption', 'image']),
    held: (leaseIds) => workbench.held(leaseIds),
    release: (work, reason) => workbench.release(work, reason),

    async begin(fetched) {
      const claimed = await workbench.claim(fetched.map((job) => ({ job, leaseId: randomUUID() })));
      const idle = fetched.filter(({ id }) => !claimed.some(({ jobId }) => jobId === id));
      if (idle.length > 0)
        await jobs.discard(
          'posts',
          idle.map(({ id }) => id),
        );
      const opened = await ledger.open(claimed.map((work) => ({ work, calls: planCalls(provider, work) })));
      const prepared: PreparedPost[] = [];
      for (const [index, work] of claimed.entries()) {
        const outcome = opened[index];
        if (outcome === undefined) throw new Error('the ledger answered short');
        if ('refused' in outcome) {
          logger.warn(
            { batch: work.batchId, code: outcome.refused },
            'batch paused: its budget does not suffice',
          );
          await batches.pauseFor(work.batchId, outcome.refused, outcome.atMostMicros);
          await workbench.release(work, outcome.refused, { countsAsAttempt: false });
        } else {
          prepared.push({ ...work, calls: outcome.calls });
        }
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
        const made = await produce(deps, work, signal);
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
  if (error.code === 'QUOTA_EXHAUSTED') {
    logger.error(fields, 'batch paused: the provider’s account has no credit left');
    await batches.pauseFor(work.batchId, error.code);
    return workbench.release(work, error.code);
  }
  if (error.code === 'RATE_LIMITED' && (await ledger.refusals(work.subjectId)) < maxRefusals) {
    logger.info(fields, 'post waits: the provider limits our rate');
    return workbench.release(work, error.code, { countsAsAttempt: false });
  }
  if (error.code === 'PROVIDER_DOWN') return workbench.release(work, error.code, { countsAsAttempt: false });
  if (error.retryable && !work.isLastAttempt) {
    logger.warn(fields, 'post will be tried again');
    return workbench.release(work, error.code);
  }
  await workbench.settle(work, { status: 'FAILED', errorCode: error.code, errorMessage: error.message });
  logger.warn(fields, 'post failed');
}

/** Makes the parts of a post that are to be made, at the same time. */
async function produce(deps: Deps, work: PreparedPost, signal: AbortSignal) {
  const { provider, assets, bus } = deps;
  const { brief } = work;
  const { imageSize } = channels[brief.channel];
  // A final failure of one part makes the other one worthless.
  const giveUp = new AbortController();
  const both = AbortSignal.any([signal, giveUp.signal]);

  async function makeCaption(): Promise<Made<Caption>> {
    const messages = captionMessages(brief);
    const answer: Caption = await buy(deps, work, 'caption', captionSchema, () =>
      provider.writeCaption(messages, both),
    );
    tellStage(bus, work, 'CAPTION_READY');
    const hash = promptHash(messages.system, messages.user);
    return { value: fitToChannel(brief.channel, answer), model: provider.textModel, promptHash: hash };
  }

  async function makeImage(): Promise<Made<string>> {
    const prompt = imagePrompt(brief);
    const key = await buy(deps, work, 'image', z.string(), async (): Promise<Purchase<string>> => {
      // The picture is stored before its call is settled: a settled call always has its picture.
      const drawn = await provider.drawImage({ text: prompt, size: imageSize }, both);
      return { ...drawn, value: await storing.execute(() => assets.put(drawn.value), both) };
    });
    tellStage(bus, work, 'IMAGE_READY');
    return { value: key, model: provider.imageModel, promptHash: promptHash(prompt) };
  }

  const wanted = partsOf(work);
  const caption = wanted.includes('caption') ? makeCaption() : undefined;
  const image = wanted.includes('image') ? makeImage() : undefined;
  for (const part of [caption, image]) {
    part?.catch((error: unknown) => {
      // A batch without credit is resumed: what the other part buys is kept for then.
      const isLost = error instanceof ProviderError && !error.retryable && error.code !== 'QUOTA_EXHAUSTED';
      if (isLost) giveUp.abort(new AbandonedError());
    });
  }

  // Both are waited for, so that what the other one buys is in the ledger when the post is tried again.
  const [captionResult, imageResult] = await Promise.allSettled([caption, image]);
  if (captionResult.status === 'fulfilled' && imageResult.status === 'fulfilled') {
    return { caption: captionResult.value, image: imageResult.value };
  }
  const reasons = [captionResult, imageResult].flatMap((result) =>
    result.status === 'rejected' ? [result.reason] : [],
  );
  throw worst(reasons);
}

/** A picture that cannot be stored would be bought again: over a quarter of a minute it is tried six times more. */
const storing = retry(handleAll, {
  maxAttempts: 6,
  backoff: new ExponentialBackoff({ initialDelay: 250, maxDelay: 8_000 }),
});

type Part = 'caption' | 'image';

function partsOf({ part }: PostWork): Part[] {
  if (part === 'BOTH') return ['caption', 'image'];
  return part === 'CAPTION' ? ['caption'] : ['image'];
}

/** A part's name in the ledger: `caption`, and `caption:2` when it is made again, so that the first is not reused. */
function stepOf({ remakeCount }: PostWork, part: Part): string {
  return remakeCount === 0 ? part : `${part}:${remakeCount + 1}`;
}

/** Gets one part of a post from the ledger, or from the provider and then into the ledger. */
async function buy<T extends z.ZodType<Caption | string>>(
  { ledger }: Deps,
  work: PreparedPost,
  part: Part,
  schema: T,
  call: () => Promise<Purchase<z.output<T>>>,
): Promise<z.output<T>> {
  const step = stepOf(work, part);
  const planned = work.calls.find((one) => one.step === step);
  if (planned === undefined) throw new Error(`the step ${step} is not in the ledger`);
  if (!('callId' in planned)) return schema.parse(planned.bought);
  const sentAt = performance.now();
  const latencyMs = () => Math.round(performance.now() - sentAt);
  const answer = await call().catch(async (error: unknown) => {
    const {
      code: errorCode,
      usage,
      mayBePaid,
    } = error instanceof ProviderError ? error : { code: 'INTERRUPTED', usage: undefined, mayBePaid: true };
    const status = mayBePaid && usage === undefined ? 'UNKNOWN' : 'FAILED';
    await ledger.fail(planned, { status, errorCode, usage, latencyMs: latencyMs() });
    throw error;
  });
  const { usage, requestId, value: result } = answer;
  await ledger.settle(planned, { usage, requestId, result, latencyMs: latencyMs() });
  return result;
}

function planCalls(provider: Provider, work: PostWork) {
  const { brief } = work;
  return partsOf(work).map((part) => ({
    step: stepOf(work, part),
    ...(part === 'caption'
      ? { model: provider.textModel, atMost: captionUsageAtMost(brief) }
      : { model: provider.imageModel, atMost: imageUsageAtMost(brief, provider.imageQuality) }),
  }));
}

/** What these parts ask of the provider's limits. */
function demandOf(provider: Provider, parts: readonly Part[]): Demand {
  return {
    ...(parts.includes('caption')
      ? { [`${provider.textModel}:requests`]: 1, [`${provider.textModel}:tokens`]: 1_200 }
      : {}),
    ...(parts.includes('image') ? { [`${provider.imageModel}:images`]: 1 } : {}),
  };
}

/** Why a call was aborted whose post cannot be completed any more. */
class AbandonedError extends Error {
  override readonly name = 'AbandonedError';
}

/** The failure that decides: a lost lease or a bug before a final error before one that may pass. */
function worst(reasons: unknown[]): unknown {
  const rank = (reason: unknown) => {
    if (reason instanceof AbandonedError) return -1;
    return reason instanceof ProviderError ? (reason.retryable ? 0 : 1) : 2;
  };
  return reasons.toSorted((a, b) => rank(b) - rank(a))[0];
}

function tellStage(bus: Bus, work: PostWork, stage: PostStage['stage']): void {
  const { batchId, ownerId, subjectId: postId } = work;
  announceStage(bus, { batchId, ownerId, postId, stage, at: new Date() });
}
