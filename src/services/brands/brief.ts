import { additionsOf } from '../../domain/brands/additions.ts';
import { brandContentSchema } from '../../domain/brands/brand.ts';
import type { Channel } from '../../domain/posts/channels.ts';
import type { Brief } from '../../domain/prompts/brief.ts';

/**
 * What a brand adds to the brief of a post.
 *
 * @param content of a version, as it is stored; null or undefined without a brand.
 * @param campaignName stands in the link.
 */
export function brandInBrief(
  content: unknown,
  channel: Channel,
  campaignName: string,
): Pick<Brief, 'brandContent' | 'additions'> {
  if (content == null) return {};
  const brandContent = brandContentSchema.parse(content);
  return { brandContent, additions: additionsOf(brandContent, channel, campaignName) };
}
