import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import { channels } from '../../domain/posts/channels.ts';
import { ServiceUnavailableError } from '../../domain/errors/errors.ts';
import { pausesBatch, ProviderError } from '../../domain/errors/provider-errors.ts';
import { promptHash } from '../../domain/prompts/blocks.ts';
import { imagePrompt } from '../../domain/prompts/image.ts';
import type { Images } from '../../services/posts/images.ts';
import type { Made, PostWork } from '../../services/posts/results.ts';
import type { Step, StepCall, Steps } from '../steps.ts';
import { imageStep, type Means } from './post-parts.ts';

/** What images are drawn with. */
export type Studio = Means & { images: Pick<Images, 'put'> };

/** The images of a post: the one that it shows, and more to choose from. */
export type MadeImages = { image: Made<string>; candidates: Made<string>[] };

/** @returns the steps that draw a post's images: the first is the one that it shows. */
export function imageSteps(studio: Means, work: PostWork): Step<string>[] {
  return Array.from({ length: work.imageCandidates }, (_, index) => imageStep(studio, work, index + 1));
}

/**
 * Draws the images of a post at the same time. A candidate that fails for good is left out: its post has one less to choose from.
 * So is one whose answer was useless, which is paid, and one that still fails in the post's last attempt.
 *
 * @param onFirst called when the image that the post shows is there.
 * @throws as `Steps`: what the first image fails with, or a candidate that may be there next time.
 */
export async function makeImages(
  studio: Studio,
  work: PostWork,
  steps: Steps,
  { signal, onFirst }: { signal: AbortSignal; onFirst: () => void },
): Promise<MadeImages> {
  const [first, ...more] = imageSteps(studio, work).map(async (step, index) => {
    const prompt = imagePrompt(work.brief, { number: index + 1, of: work.imageCandidates });
    const { value, model } = await steps.buy(step, drawing(studio, work, prompt), signal);
    if (index === 0) onFirst();
    return { value, model, promptHash: promptHash(prompt) };
  });
  if (first === undefined) throw new Error('a post has at least one image');
  const candidates = more.map((candidate) =>
    candidate.catch((error: unknown) => {
      if (isLeftOut(error, work)) return undefined;
      throw error;
    }),
  );
  const others = Promise.all(candidates);
  // The first one's failure decides, at once.
  others.catch(() => undefined);
  const image = await first;
  return { image, candidates: (await others).filter((candidate) => candidate !== undefined) };
}

function isLeftOut(error: unknown, { isLastAttempt }: PostWork): boolean {
  if (!(error instanceof ProviderError) || pausesBatch(error.code)) return false;
  return !error.retryable || error.code === 'BAD_ANSWER' || isLastAttempt;
}

/** Stored before the call is settled, so that a settled call always has its image. */
function drawing(
  { imageQuality: quality, images }: Studio,
  work: PostWork,
  prompt: string,
): StepCall<string> {
  const size = channels[work.brief.channel].imageSize;
  return async (artist, until) => {
    const drawn = await artist.generateImage({ prompt, size, quality }, until);
    return { ...drawn, value: await storing.execute(() => images.put(drawn.value, until), until) };
  };
}

/** Retries to store an image, because a lost one is bought again. `images.put` itself waits for the database. */
const storing = retry(
  handleWhen((error) => !(error instanceof ServiceUnavailableError)),
  {
    maxAttempts: 6,
    backoff: new ExponentialBackoff({ initialDelay: 250, maxDelay: 8_000 }),
  },
);
