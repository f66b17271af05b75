import { captionUsageAtMost, imageUsageAtMost } from '../../domain/posts/usage.ts';
import type { Demand } from '../../provider/admission/admission.ts';
import type { PlannedCall } from '../../provider/ledger/ledger.ts';
import type { Provider } from '../../provider/provider.ts';
import type { PostWork } from '../../services/posts/claim.ts';

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
export function planCalls(provider: Provider, work: PostWork): PlannedCall[] {
  return partsOf(work).map((part) => planCall(provider, work, part));
}

/** @returns the call for one part. */
export function planCall(provider: Provider, work: PostWork, part: Part): PlannedCall {
  const { brief } = work;
  const step = stepOf(work, part);
  return part === 'caption'
    ? { step, model: provider.textModel, atMost: captionUsageAtMost(brief) }
    : { step, model: provider.imageModel, atMost: imageUsageAtMost(brief, provider.imageQuality) };
}

/** @returns what these parts take of the provider's limits. */
export function demandOf(provider: Provider, parts: readonly Part[]): Demand {
  return {
    ...(parts.includes('caption')
      ? { [`${provider.textModel}:requests`]: 1, [`${provider.textModel}:tokens`]: 1_200 }
      : {}),
    ...(parts.includes('image') ? { [`${provider.imageModel}:images`]: 1 } : {}),
  };
}
