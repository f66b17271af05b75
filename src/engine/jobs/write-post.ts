import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import type { PostStage } from '../../domain/batches/events.ts';
import { channels } from '../../domain/posts/channels.ts';
import { ServiceUnavailableError } from '../../domain/errors/errors.ts';
import { promptHash } from '../../domain/prompts/blocks.ts';
import { imagePrompt } from '../../domain/prompts/image.ts';
import { pausesBatch, ProviderError } from '../../domain/errors/provider-errors.ts';
import type { Bus } from '../../events/bus.ts';
import { announceStage } from '../../events/topics.ts';
import type { Images } from '../../services/posts/images.ts';
import type { Made, PostResult, PostWork } from '../../services/posts/results.ts';
import type { RunKind } from '../../services/runs/kind.ts';
import type { JobKind } from '../job-kind.ts';
import type { StepCall, Steps } from '../steps.ts';
import { makeCaption, type Desk } from './post-caption.ts';
import { captionStep, imageStep, partsOf, postDemand, type Means } from './post-parts.ts';

/** What posts are written with. */
type Deps = Means & Desk & { images: Pick<Images, 'put'>; bus: Bus };

/** Runs that write a post: caption and image at the same time. */
export function createWritePost(
  deps: Deps,
  runs: RunKind<PostWork, PostResult>,
): JobKind<PostWork, PostResult> {
  return {
    runs,
    needs: ['text', 'image'],
    demand: () => postDemand(deps.provider),
    run: async (work, steps, signal) => {
      const made = await makePost(deps, work, steps, signal);
      return { result: { status: 'COMPLETED', brand: work.brand, ...made } };
    },
  };
}

/**
 * Makes the wanted parts of a post at the same time, each with one step. Buys all of them or none, if a budget does not
 * suffice. All that was bought is in the ledger when this settles.
 *
 * @returns caption with findings, and image; undefined for a part that is not wanted.
 * @throws as `Steps`.
 */
async function makePost(deps: Deps, work: PostWork, steps: Steps, signal: AbortSignal) {
  const { imageQuality, images, bus } = deps;
  const { brief } = work;
  const { imageSize } = channels[brief.channel];
  const step = { caption: captionStep(deps, work), image: imageStep(deps, work) };
  const wanted = partsOf(work);
  await steps.plan(wanted.map((part) => step[part]));
  tellStage(bus, work, 'STARTED');
  // When one part fails for good, the other one is aborted.
  const giveUp = new AbortController();
  const both = AbortSignal.any([signal, giveUp.signal]);

  async function makeImage(): Promise<Made<string>> {
    const prompt = imagePrompt(brief);
    const draw: StepCall<string> = async (artist, until) => {
      // Stored before the call is settled, so that a settled call always has its image.
      const drawn = await artist.generateImage({ prompt, size: imageSize, quality: imageQuality }, until);
      return { ...drawn, value: await storing.execute(() => images.put(drawn.value, until), until) };
    };
    const { value, model } = await steps.buy(step.image, draw, both);
    tellStage(bus, work, 'IMAGE_READY');
    return { value, model, promptHash: promptHash(prompt) };
  }

  const caption = wanted.includes('caption') ? makeCaption(deps, work, steps, both) : undefined;
  caption?.then(
    () => tellStage(bus, work, 'CAPTION_READY'),
    () => undefined,
  );
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
    return { ...captionResult.value, image: imageResult.value };
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
function tellStage(bus: Bus, work: PostWork, stage: PostStage): void {
  const { batchId: streamId, ownerId, subjectId } = work;
  announceStage(bus, { streamId, ownerId, subjectId, stage, at: new Date() });
}
