import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import { z } from 'zod';
import type { PostStage } from '../../domain/batches/events.ts';
import { channels } from '../../domain/posts/channels.ts';
import { captionSchema, fitToChannel, type Caption } from '../../domain/posts/content.ts';
import { ServiceUnavailableError } from '../../domain/errors/errors.ts';
import { chargedUsage } from '../../domain/money/pricing.ts';
import { imagePrompt, promptHash } from '../../domain/posts/prompts.ts';
import { pausesBatch, ProviderError } from '../../domain/errors/provider-errors.ts';
import type { Bus } from '../../events/bus.ts';
import { announceStage } from '../../events/topics.ts';
import type { Ledger, OpenCall } from '../../provider/ledger/ledger.ts';
import type { Purchase } from '../../provider/provider.ts';
import type { Images } from '../../services/posts/images.ts';
import type { Made } from '../../services/posts/results.ts';
import type { PostWork } from '../../services/posts/claim.ts';
import { captionRequest, planCall, partsOf, type Means, type Part } from './post-parts.ts';
import type { UselessAnswers } from './useless-answers.ts';

/** What `makePost` needs. */
export type Maker = Means & {
  ledger: Ledger;
  images: Pick<Images, 'put'>;
  bus: Bus;
  useless: UselessAnswers;
};

/** A post with its calls in the ledger: open, or already paid for. */
export type PreparedPost = PostWork & { calls: OpenCall[] };

/**
 * Makes the wanted parts of a post at the same time. All that was bought is in the ledger when this settles.
 *
 * @returns caption and image; undefined for a part that is not wanted.
 * @throws ProviderError, or the reason of `signal`.
 */
export async function makePost(deps: Maker, work: PreparedPost, signal: AbortSignal) {
  const { provider, imageQuality, images, bus } = deps;
  const { brief } = work;
  const { imageSize } = channels[brief.channel];
  // When one part fails for good, the other one is aborted.
  const giveUp = new AbortController();
  const both = AbortSignal.any([signal, giveUp.signal]);

  async function makeCaption(): Promise<Made<Caption>> {
    const request = captionRequest(brief);
    const answer: Caption = await buy(deps, work, 'caption', captionSchema, () =>
      provider.text.generateObject(request, both),
    );
    tellStage(bus, work, 'CAPTION_READY');
    const hash = promptHash(...request.messages.map(({ content }) => content));
    return { value: fitToChannel(brief.channel, answer), model: provider.text.name, promptHash: hash };
  }

  async function makeImage(): Promise<Made<string>> {
    const prompt = imagePrompt(brief);
    const key = await buy(deps, work, 'image', z.string(), async (): Promise<Purchase<string>> => {
      // Stored before the call is settled, so that a settled call always has its image.
      const drawn = await provider.image.generateImage(
        { prompt, size: imageSize, quality: imageQuality },
        both,
      );
      return { ...drawn, value: await storing.execute(() => images.put(drawn.value, both), both) };
    });
    tellStage(bus, work, 'IMAGE_READY');
    return { value: key, model: provider.image.name, promptHash: promptHash(prompt) };
  }

  const wanted = partsOf(work);
  const caption = wanted.includes('caption') ? makeCaption() : undefined;
  const image = wanted.includes('image') ? makeImage() : undefined;
  for (const part of [caption, image]) {
    part?.catch((error: unknown) => {
      // If the failure pauses the batch, the other part goes on: it is kept until the batch is resumed.
      const isLost = error instanceof ProviderError && !error.retryable && !pausesBatch(error.code);
      if (isLost) giveUp.abort(new AbandonedError());
    });
  }

  // Waits for both, so that the other part is in the ledger when the post is tried again.
  const [captionResult, imageResult] = await Promise.allSettled([caption, image]);
  if (captionResult.status === 'fulfilled' && imageResult.status === 'fulfilled') {
    return { caption: captionResult.value, image: imageResult.value };
  }
  const reasons = [captionResult, imageResult].flatMap((result) =>
    result.status === 'rejected' ? [result.reason] : [],
  );
  throw worst(reasons);
}

/** Retries to store an image, because a lost one is bought again. `images.put` itself waits for the database. */
const storing = retry(
  handleWhen((error) => !(error instanceof ServiceUnavailableError)),
  {
    maxAttempts: 6,
    backoff: new ExponentialBackoff({ initialDelay: 250, maxDelay: 8_000 }),
  },
);

/** Returns one part of a post from the ledger, or buys it and settles the call in the ledger. */
async function buy<T extends z.ZodType<Caption | string>>(
  deps: Maker,
  work: PreparedPost,
  part: Part,
  schema: T,
  call: () => Promise<Purchase<z.output<T>>>,
): Promise<z.output<T>> {
  const { ledger, useless } = deps;
  const { step, model, atMost } = planCall(deps, work, part);
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

/** The outcome of a call that was aborted, or whose image could not be stored. */
const interrupted = { code: 'INTERRUPTED', paid: 'MAYBE', usage: undefined } as const;

/** Whether the next post's call would probably fail in the same way. */
function isUseless({ code }: ProviderError): boolean {
  return code === 'BAD_ANSWER' || code === 'INVALID_REQUEST';
}

/** The call was aborted because the post's other part failed for good. */
class AbandonedError extends Error {
  override readonly name = 'AbandonedError';
}

/** Picks the failure that decides: a lost lease or a bug, then a final error, then a retryable one. */
function worst(reasons: unknown[]): unknown {
  const rank = (reason: unknown) => {
    if (reason instanceof AbandonedError) return -1;
    return reason instanceof ProviderError ? (reason.retryable ? 0 : 1) : 2;
  };
  return reasons.toSorted((a, b) => rank(b) - rank(a))[0];
}

/** Publishes the stage of a post. */
export function tellStage(bus: Bus, work: PostWork, stage: PostStage['stage']): void {
  const { batchId, ownerId, subjectId: postId } = work;
  announceStage(bus, { batchId, ownerId, postId, stage, at: new Date() });
}
