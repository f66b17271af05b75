import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import { z } from 'zod';
import type { PostStage } from '../../domain/batches/events.ts';
import { channels } from '../../domain/posts/channels.ts';
import { captionSchema, fitToChannel, type Caption } from '../../domain/posts/content.ts';
import { ServiceUnavailableError } from '../../domain/errors/errors.ts';
import { chargedUsage } from '../../domain/money/pricing.ts';
import { captionMessages, imagePrompt, promptHash } from '../../domain/posts/prompts.ts';
import { pausesBatch, ProviderError } from '../../domain/errors/provider-errors.ts';
import type { Bus } from '../../events/bus.ts';
import { announceStage } from '../../events/topics.ts';
import type { Ledger, OpenCall } from '../../provider/ledger/ledger.ts';
import type { Provider, Purchase } from '../../provider/provider.ts';
import type { Images } from '../../services/posts/images.ts';
import type { Made } from '../../services/posts/results.ts';
import type { PostWork } from '../../services/posts/work.ts';
import { planCall, partsOf, type Part } from './post-parts.ts';
import type { UselessAnswers } from './useless-answers.ts';

/** What making a post needs. */
export type Maker = {
  provider: Provider;
  ledger: Ledger;
  images: Pick<Images, 'put'>;
  bus: Bus;
  useless: UselessAnswers;
};

/** A post whose calls stand in the ledger. */
export type PreparedPost = PostWork & { calls: OpenCall[] };

/**
 * Makes the parts of a post that are to be made, at the same time. What is bought is in the ledger when this settles.
 *
 * @returns caption and image, undefined where a part was not asked for.
 * @throws ProviderError, or the reason with which `signal` was aborted.
 */
export async function makePost(deps: Maker, work: PreparedPost, signal: AbortSignal) {
  const { provider, images, bus } = deps;
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
      return { ...drawn, value: await storing.execute(() => images.put(drawn.value, both), both) };
    });
    tellStage(bus, work, 'IMAGE_READY');
    return { value: key, model: provider.imageModel, promptHash: promptHash(prompt) };
  }

  const wanted = partsOf(work);
  const caption = wanted.includes('caption') ? makeCaption() : undefined;
  const image = wanted.includes('image') ? makeImage() : undefined;
  for (const part of [caption, image]) {
    part?.catch((error: unknown) => {
      // A paused batch is resumed: what the other part buys is kept for then.
      const isLost = error instanceof ProviderError && !error.retryable && !pausesBatch(error.code);
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

/** An image that the asset store does not take would be bought again: it is tried six times more over a quarter of a minute. For the database it has waited by then. */
const storing = retry(
  handleWhen((error) => !(error instanceof ServiceUnavailableError)),
  {
    maxAttempts: 6,
    backoff: new ExponentialBackoff({ initialDelay: 250, maxDelay: 8_000 }),
  },
);

/** Gets one part of a post from the ledger, or from the provider and then into the ledger. */
async function buy<T extends z.ZodType<Caption | string>>(
  { ledger, provider, useless }: Maker,
  work: PreparedPost,
  part: Part,
  schema: T,
  call: () => Promise<Purchase<z.output<T>>>,
): Promise<z.output<T>> {
  const { step, model, atMost } = planCall(provider, work, part);
  const planned = work.calls.find((one) => one.step === step);
  if (planned === undefined) throw new Error(`the step ${step} is not in the ledger`);
  if (!('callId' in planned)) return schema.parse(planned.bought);
  const sentAt = performance.now();
  const latencyMs = () => Math.round(performance.now() - sentAt);
  const answer = await call().catch(async (error: unknown) => {
    const isKnown = error instanceof ProviderError;
    const { code: errorCode, paid, usage } = isKnown ? error : interrupted;
    await ledger.fail(planned, {
      status: paid === 'MAYBE' ? 'UNKNOWN' : 'FAILED',
      errorCode,
      usage: paid === 'YES' ? chargedUsage(usage, atMost) : undefined,
      latencyMs: latencyMs(),
    });
    if (isKnown && isUseless(error) && useless.add(work.batchId, model))
      throw new ProviderError('PROVIDER_ANSWERS_USELESS', { cause: error });
    throw error;
  });
  useless.reset(work.batchId, model);
  const { usage, requestId, value: result } = answer;
  await ledger.settle(planned, {
    usage: chargedUsage(usage, atMost),
    requestId,
    result,
    latencyMs: latencyMs(),
  });
  return result;
}

/** How a call ended that was aborted, or whose image could not be stored. */
const interrupted = { code: 'INTERRUPTED', paid: 'MAYBE', usage: undefined } as const;

/** Whether the next post's call would most likely end in the same way. */
function isUseless({ code }: ProviderError): boolean {
  return code === 'BAD_ANSWER' || code === 'INVALID_REQUEST';
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

/** Publishes how far a post is. */
export function tellStage(bus: Bus, work: PostWork, stage: PostStage['stage']): void {
  const { batchId, ownerId, subjectId: postId } = work;
  announceStage(bus, { batchId, ownerId, postId, stage, at: new Date() });
}
