import type { PostStage } from '../../domain/batches/events.ts';
import { pausesBatch, ProviderError } from '../../domain/errors/provider-errors.ts';
import type { Bus } from '../../events/bus.ts';
import { announceStage } from '../../events/topics.ts';
import type { PostResult, PostWork } from '../../services/posts/results.ts';
import type { RunKind } from '../../services/runs/kind.ts';
import type { JobKind } from '../job-kind.ts';
import type { Step, Steps } from '../steps.ts';
import { makeCaption, type Desk } from './post-caption.ts';
import { imageSteps, makeImages, type Studio } from './post-image.ts';
import { captionStep, partsOf, postDemand } from './post-parts.ts';

/** What posts are written with. */
type Deps = Studio & Desk & { bus: Bus };

/** Runs that write a post: caption and images at the same time. */
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
      const { brand, hasFollowers, sharedImage } = work;
      return {
        result: { status: 'COMPLETED', brand, hasFollowers, ...made, image: made.image ?? sharedImage },
      };
    },
  };
}

/**
 * Makes the wanted parts of a post at the same time. Buys all of them or none, if a budget does not
 * suffice. All that was bought is in the ledger when this settles.
 *
 * @returns caption with findings, image and candidates; undefined for a part that is not wanted.
 * @throws as `Steps`.
 */
async function makePost(deps: Deps, work: PostWork, steps: Steps, signal: AbortSignal) {
  const { bus } = deps;
  const step = captionStep(deps, work);
  const wanted = partsOf(work);
  await steps.plan(
    wanted.flatMap((part): Step<unknown>[] => (part === 'caption' ? [step] : imageSteps(deps, work))),
  );
  tellStage(bus, work, 'STARTED');
  // When one part fails for good, the other one is aborted.
  const giveUp = new AbortController();
  const both = AbortSignal.any([signal, giveUp.signal]);

  const caption = wanted.includes('caption') ? makeCaption(deps, work, steps, both) : undefined;
  caption?.then(
    () => tellStage(bus, work, 'CAPTION_READY'),
    () => undefined,
  );
  const image = wanted.includes('image')
    ? makeImages(deps, work, steps, { signal: both, onFirst: () => tellStage(bus, work, 'IMAGE_READY') })
    : undefined;
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
    return { ...captionResult.value, ...imageResult.value };
  }
  const reasons = [captionResult, imageResult].flatMap((result) =>
    result.status === 'rejected' ? [result.reason] : [],
  );
  throw worst(reasons);
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
function tellStage(bus: Bus, work: PostWork, stage: PostStage): void {
  const { batchId: streamId, ownerId, subjectId } = work;
  announceStage(bus, { streamId, ownerId, subjectId, stage, at: new Date() });
}
