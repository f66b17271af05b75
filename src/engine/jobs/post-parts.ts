import { captionSchema, type Caption } from '../../domain/posts/content.ts';
import { captionMessages, type Brief } from '../../domain/posts/prompts.ts';
import {
  captionUsageAtMost,
  imageUsageAtMost,
  maxCaptionTokens,
  type ImageQuality,
} from '../../domain/posts/usage.ts';
import type { Demand } from '../../provider/admission/admission.ts';
import type { PlannedCall } from '../../provider/ledger/ledger.ts';
import type { Chain, ObjectRequest, Provider } from '../../provider/provider.ts';
import type { PostWork } from '../../services/posts/results.ts';

/** What posts are made with. */
export type Means = { provider: Provider; imageQuality: ImageQuality };

/** The parts of a post. Each is bought with one call. */
export type Part = 'caption' | 'image';

/** @returns the parts that this run is to make. */
export function partsOf({ part }: PostWork): Part[] {
  if (part === 'BOTH') return ['caption', 'image'];
  return part === 'CAPTION' ? ['caption'] : ['image'];
}

/** @returns a part's step in the ledger: `caption`, then `caption:2` when it is regenerated, so that the first is not reused. */
export function stepOf({ regenerationCount }: PostWork, part: Part): string {
  return regenerationCount === 0 ? part : `${part}:${regenerationCount + 1}`;
}

/** @returns the models that may make a part. */
export function chainOf({ text, image }: Provider, part: Part): Chain {
  return part === 'caption' ? text : image;
}

/** @returns the calls that this run needs, each of the model that is chosen for it now. */
export function planCalls(means: Means, work: PostWork): PlannedCall[] {
  return partsOf(work).map((part) => planCall(means, work, part, chainOf(means.provider, part).choose()));
}

/** @returns the call of this model for one part, with the most that it may use. */
export function planCall(
  { provider, imageQuality }: Means,
  work: PostWork,
  part: Part,
  model: string,
): PlannedCall {
  const { brief } = work;
  const atMost = part === 'caption' ? captionUsageAtMost(brief) : imageUsageAtMost(brief, imageQuality);
  return { step: stepOf(work, part), model, chain: chainOf(provider, part).names, atMost };
}

/** @returns what a model is asked for a caption. */
export function captionRequest(brief: Brief): ObjectRequest<Caption> {
  const { system, user } = captionMessages(brief);
  return {
    schema: captionSchema,
    messages: [
      { role: 'system', content: system },
      { role: 'user', content: user },
    ],
    maxTokens: maxCaptionTokens,
  };
}

/** @returns what calls of these models take of their limits. */
export function demandOf({ caption, image }: Record<Part, string | undefined>): Demand {
  return {
    ...(caption === undefined ? {} : { [`${caption}:requests`]: 1, [`${caption}:tokens`]: 1_200 }),
    ...(image === undefined ? {} : { [`${image}:images`]: 1 }),
  };
}
