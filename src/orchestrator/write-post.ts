import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { PostStage } from '../domain/batch-events.ts';
import { channels } from '../domain/channels.ts';
import { captionSchema, fitToChannel } from '../domain/post-content.ts';
import { captionMessages, imagePrompt } from '../domain/prompts.ts';
import { ProviderError } from '../domain/provider-errors.ts';
import type { Bus } from '../events/bus.ts';
import type { Ledger } from '../provider/ledger.ts';
import type { Provider, Purchase } from '../provider/provider.ts';
import { postJobSchema, type ClaimedPost, type Posts } from '../services/posts.ts';
import type { AssetStore } from '../store/assets.ts';
import type { Jobs } from '../store/jobs.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Handler } from './dispatcher.ts';

type Deps = {
  posts: Posts;
  jobs: Jobs;
  provider: Provider;
  ledger: Ledger;
  assets: AssetStore;
  bus: Bus;
  logger: Logger;
};

/**
 * The handler of the queue `posts`: asks for caption and picture at the same time and writes the result. A
 * post that fails for good, or too often, ends FAILED with a code; its batch goes on.
 */
export function createPostWriter(deps: Deps): Handler {
  const { posts, jobs } = deps;
  return async (job, signal) => {
    const { postId } = postJobSchema.parse(job.data);
    const logger = deps.logger.child({ post: postId, job: job.id, attempt: job.retryCount + 1 });
    const claimed = await posts.claim(postId, randomUUID());
    if (claimed === undefined) return jobs.discard(job.queue, job.id);
    tellStage(deps.bus, claimed, 'STARTED');
    try {
      const { caption, imageKey } = await produce(deps, claimed, signal);
      const settled = await posts.settle(claimed, job, { status: 'COMPLETED', caption, imageKey });
      logger.info({ batch: claimed.batchId }, settled ? 'post completed' : 'lease lost; result dropped');
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      if (error.retryable && !job.isLastTry) {
        logger.warn({ code: error.code }, 'post will be tried again');
        return jobs.retry(job.queue, job.id, error.code);
      }
      await posts.settle(claimed, job, {
        status: 'FAILED',
        errorCode: error.code,
        errorMessage: error.message,
      });
      logger.warn({ batch: claimed.batchId, code: error.code }, 'post failed');
    }
  };
}

async function produce(deps: Deps, post: ClaimedPost, signal: AbortSignal) {
  const { provider, ledger, assets, bus } = deps;
  const { ownerId, batchId, id: subjectId, brief } = post;
  const purpose = { ownerId, batchId, subjectId };
  const { imageSize } = channels[brief.channel];

  const caption = ledger
    .buy(
      { ...purpose, step: 'caption', model: provider.textModel },
      () => provider.writeCaption(captionMessages(brief), signal),
      (stored) => captionSchema.parse(stored),
    )
    .then((answer) => {
      tellStage(bus, post, 'CAPTION_READY');
      return fitToChannel(brief.channel, answer);
    });
  const image = ledger
    .buy(
      { ...purpose, step: 'image', model: provider.imageModel },
      // The picture is stored before its call is settled: a settled call always has its picture.
      async (): Promise<Purchase<string>> => {
        const drawn = await provider.drawImage({ text: imagePrompt(brief), size: imageSize }, signal);
        return { ...drawn, value: await assets.put(drawn.value) };
      },
      (stored) => z.string().parse(stored),
    )
    .then((key) => {
      tellStage(bus, post, 'IMAGE_READY');
      return key;
    });

  // Both are waited for, so that what the other one buys is in the ledger when the post is tried again.
  const [captionResult, imageResult] = await Promise.allSettled([caption, image]);
  if (captionResult.status === 'fulfilled' && imageResult.status === 'fulfilled') {
    return { caption: captionResult.value, imageKey: imageResult.value };
  }
  throw worst(
    [captionResult, imageResult].flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])),
  );
}

/** The failure that decides: a bug before a final error before one that may pass. */
function worst(reasons: unknown[]): unknown {
  const rank = (reason: unknown) => (reason instanceof ProviderError ? (reason.retryable ? 0 : 1) : 2);
  return reasons.toSorted((a, b) => rank(b) - rank(a))[0];
}

function tellStage(bus: Bus, post: ClaimedPost, stage: PostStage['stage']): void {
  const { batchId, id: postId } = post;
  bus.publish(batchId, { kind: 'stage', stage: { batchId, postId, stage, at: new Date() } });
}
