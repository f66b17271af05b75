import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import { z } from 'zod';
import type { PostStage } from '../../domain/batches/events.ts';
import { channels } from '../../domain/posts/channels.ts';
import { captionSchema, fitToChannel, type Caption } from '../../domain/posts/content.ts';
import { ServiceUnavailableError } from '../../domain/errors/errors.ts';
import { imagePrompt, promptHash } from '../../domain/posts/prompts.ts';
import { pausesBatch, ProviderError } from '../../domain/errors/provider-errors.ts';
import type { Bus } from '../../events/bus.ts';
import { announceStage } from '../../events/topics.ts';
import type { Images } from '../../services/posts/images.ts';
import type { Made } from '../../services/posts/results.ts';
import type { PostWork } from '../../services/posts/claim.ts';
import { buyPart, type Buyer, type PreparedPost } from './buy-part.ts';
import { captionRequest, partsOf } from './post-parts.ts';

/** What `makePost` needs. */
export type Maker = Buyer & { images: Pick<Images, 'put'>; bus: Bus };

/**
 * Makes the wanted parts of a post at the same time. All that was bought is in the ledger when this settles.
 *
 * @returns caption and image; undefined for a part that is not wanted.
 * @throws ProviderError, or the reason of `signal`.
 */
export async function makePost(deps: Maker, work: PreparedPost, signal: AbortSignal) {
  const { imageQuality, images, bus } = deps;
  const { brief } = work;
  const { imageSize } = channels[brief.channel];
  // When one part fails for good, the other one is aborted.
  const giveUp = new AbortController();
  const both = AbortSignal.any([signal, giveUp.signal]);

  async function makeCaption(): Promise<Made<Caption>> {
    const request = captionRequest(brief);
    const { value, model } = await buyPart(deps, work, 'caption', captionSchema, (writer) =>
      writer.generateObject(request, both),
    );
    tellStage(bus, work, 'CAPTION_READY');
    const hash = promptHash(...request.messages.map(({ content }) => content));
    return { value: fitToChannel(brief.channel, value), model, promptHash: hash };
  }

  async function makeImage(): Promise<Made<string>> {
    const prompt = imagePrompt(brief);
    const { value, model } = await buyPart(deps, work, 'image', z.string(), async (artist) => {
      // Stored before the call is settled, so that a settled call always has its image.
      const drawn = await artist.generateImage({ prompt, size: imageSize, quality: imageQuality }, both);
      return { ...drawn, value: await storing.execute(() => images.put(drawn.value, both), both) };
    });
    tellStage(bus, work, 'IMAGE_READY');
    return { value, model, promptHash: promptHash(prompt) };
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
export function tellStage(bus: Bus, work: PostWork, stage: PostStage): void {
  const { batchId: streamId, ownerId, subjectId } = work;
  announceStage(bus, { streamId, ownerId, subjectId, stage, at: new Date() });
}
