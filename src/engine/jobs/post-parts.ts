import { z } from 'zod';
import { captionSchema, plannedCaptionSchema, type Caption } from '../../domain/posts/content.ts';
import type { Brief, Rewrite } from '../../domain/prompts/brief.ts';
import { captionMessages } from '../../domain/prompts/caption.ts';
import {
  captionUsageAtMost,
  imageUsageAtMost,
  maxCaptionTokens,
  type ImageQuality,
} from '../../domain/posts/usage.ts';
import type { Demand } from '../../provider/admission/admission.ts';
import type { Conversation, ObjectRequest, Provider } from '../../provider/provider.ts';
import type { PostWork } from '../../services/posts/results.ts';
import { demandOf, type Step, type Takes } from '../steps.ts';

/** What posts are made with. */
export type Means = { provider: Provider; imageQuality: ImageQuality };

/** The parts of a post. */
export type Part = 'caption' | 'image';

/** @returns the parts that this run is to make. */
export function partsOf({ part }: PostWork): Part[] {
  if (part === 'BOTH') return ['caption', 'image'];
  return part === 'CAPTION' ? ['caption'] : ['image'];
}

/** Of its limit of tokens, a provider takes the most that an answer may have when it admits a call. */
const captionTakes: Takes = { requests: 1, tokens: maxCaptionTokens };
const imageTakes: Takes = { images: 1 };

/** @returns the step that writes a post's caption and hashtags; `caption:rewrite` writes them once more. */
export function captionStep(
  { provider }: Pick<Means, 'provider'>,
  work: PostWork,
  rewrite?: Rewrite,
): Step<Caption> {
  const name = nameOf(work, 'caption');
  return {
    name: rewrite === undefined ? name : `${name}:rewrite`,
    chain: provider.text,
    atMost: captionUsageAtMost(work.brief, rewrite),
    takes: captionTakes,
    schema: answerSchema(work.brief),
  };
}

/** @returns the step that makes a post's image, or one more to choose from (`candidate` from 2 on). What is kept of it is its key in the asset store. */
export function imageStep(
  { provider, imageQuality }: Means,
  work: PostWork,
  candidate: number,
): Step<string> {
  const name = nameOf(work, 'image');
  return {
    name: candidate === 1 ? name : `${name}:candidate-${candidate}`,
    chain: provider.image,
    atMost: imageUsageAtMost(work.brief, imageQuality),
    takes: imageTakes,
    schema: z.string(),
  };
}

/** The name of a part's step: `caption`, then `caption:2` when it is regenerated, so that the first is not reused. */
function nameOf({ regenerationCount }: PostWork, part: Part): string {
  return regenerationCount === 0 ? part : `${part}:${regenerationCount + 1}`;
}

/** @returns what a whole post takes now of the provider's limits. */
export function postDemand({ text, image }: Provider): Demand {
  return { ...demandOf(text.serving(), captionTakes), ...demandOf(image.serving(), imageTakes) };
}

/** @returns what a model is asked for a caption. */
export function captionRequest(brief: Brief, rewrite?: Rewrite): ObjectRequest<Caption> {
  return {
    schema: answerSchema(brief),
    messages: messagesOf(captionMessages(brief, rewrite)),
    maxTokens: maxCaptionTokens,
  };
}

/** A prompt as the messages of a call. */
export function messagesOf({ system, user }: { system: string; user: string }): Conversation['messages'] {
  return [
    { role: 'system', content: system },
    { role: 'user', content: user },
  ];
}

/** Only with a plan item is there a scene that an alt text can describe. */
function answerSchema({ item }: Brief): z.ZodType<Caption> {
  return item === undefined ? captionSchema : plannedCaptionSchema;
}
