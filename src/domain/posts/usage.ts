import { channels, type ChannelLimits } from './channels.ts';
import type { Usage } from '../money/pricing.ts';
import type { Clause } from '../brands/clauses.ts';
import type { Brief, Rewrite } from '../prompts/brief.ts';
import { captionMessages } from '../prompts/caption.ts';
import { imagePrompt } from '../prompts/image.ts';
import { judgeMessages } from '../prompts/judge.ts';

export type ImageQuality = 'low' | 'medium' | 'high';

/**
 * The provider must stop here. A model is asked for at most 2,200 characters, or 800 in scripts that take up to 2.8 tokens each;
 * of the others Chinese takes most, 0.94 (o200k): 2,240 tokens, and 260 for hashtags, alt text and format. The 3,000 characters of
 * LinkedIn are for people to write, so that calls book no more of a provider's limit.
 */
export const maxCaptionTokens = 2_500;

/** Enough for ten violations with their words. */
export const maxJudgementTokens = 1_000;

/** Tokens for the answer's format and the messages' frames, on top of at most one token per byte of UTF-8. */
const frameTokens = 200;

/**
 * Tokens of one gpt-image-2 image, by size and quality. Square low and medium follow from the list price of an image
 * ($0.006 and $0.053 at $30 a million). The others are observed by users and rounded up.
 */
const imageTokens: Record<ImageQuality, { square: number; oblong: number }> = {
  low: { square: 200, oblong: 200 },
  medium: { square: 1_770, oblong: 1_770 },
  high: { square: 7_040, oblong: 7_040 },
};

/** An image may use slightly more tokens than expected, which must not break a budget. */
const imageMargin = 1.25;

/** The most tokens that a post's caption can use. */
export function captionUsageAtMost(brief: Brief, rewrite?: Rewrite): Usage {
  return usageAtMost(captionMessages(brief, rewrite), maxCaptionTokens);
}

/** The most tokens that one judgement of a caption can use. */
export function judgeUsageAtMost(caption: string, clauses: readonly Clause[]): Usage {
  return usageAtMost(judgeMessages(caption, clauses), maxJudgementTokens);
}

function usageAtMost({ system, user }: { system: string; user: string }, outputTokens: number): Usage {
  return { inputTokens: Buffer.byteLength(system + user) + frameTokens, outputTokens };
}

/** The most tokens that a post's image can use. */
export function imageUsageAtMost(brief: Brief, quality: ImageQuality): Usage {
  return {
    inputTokens: Buffer.byteLength(imagePrompt(brief)) + frameTokens,
    outputTokens: Math.ceil(imageTokensOf(channels[brief.channel].imageSize, quality) * imageMargin),
  };
}

/** The expected usage of a post's caption and image, at about four characters per token. */
export function expectedUsage(brief: Brief, quality: ImageQuality): { caption: Usage; image: Usage } {
  const { system, user } = captionMessages(brief);
  return {
    caption: {
      inputTokens: Math.ceil((system.length + user.length) / 4),
      outputTokens: expectedCaptionTokens + (brief.item === undefined ? 0 : expectedAltTextTokens),
    },
    image: {
      inputTokens: Math.ceil(imagePrompt(brief).length / 4),
      outputTokens: imageTokensOf(channels[brief.channel].imageSize, quality),
    },
  };
}

/** A caption of about 350 characters with its hashtags. */
const expectedCaptionTokens = 120;
/** A sentence of about 100 characters. */
const expectedAltTextTokens = 30;

function imageTokensOf(size: ChannelLimits['imageSize'], quality: ImageQuality): number {
  return size === '1024x1024' ? imageTokens[quality].square : imageTokens[quality].oblong;
}
