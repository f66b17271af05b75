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
import type { ObjectRequest, Provider } from '../../provider/provider.ts';
import type { PostWork } from '../../services/posts/claim.ts';

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

/** @returns the calls that this run needs, with the most that each may use. */
export function planCalls(means: Means, work: PostWork): PlannedCall[] {
  return partsOf(work).map((part) => planCall(means, work, part));
}

/** @returns the call for one part. */
export function planCall({ provider, imageQuality }: Means, work: PostWork, part: Part): PlannedCall {
  const { brief } = work;
  const step = stepOf(work, part);
  return part === 'caption'
    ? { step, model: provider.text.name, atMost: captionUsageAtMost(brief) }
    : { step, model: provider.image.name, atMost: imageUsageAtMost(brief, imageQuality) };
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

/** @returns what these parts take of the provider's limits. */
export function demandOf(provider: Provider, parts: readonly Part[]): Demand {
  return {
    ...(parts.includes('caption')
      ? { [`${provider.text.name}:requests`]: 1, [`${provider.text.name}:tokens`]: 1_200 }
      : {}),
    ...(parts.includes('image') ? { [`${provider.image.name}:images`]: 1 } : {}),
  };
}
