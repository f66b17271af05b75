import type { Caption } from '../posts/content.ts';
import type { Brief } from '../prompts/brief.ts';
import { claimFindings } from './claims.ts';
import type { Finding } from './finding.ts';
import { languageFindings } from './language.ts';
import { limitFindings } from './limits.ts';
import { wordFindings } from './words.ts';

/** What is checked. */
export type Checked = {
  brief: Brief;
  /** What the post shows: the answer, made to fit its channel. */
  caption: Caption;
  /** As the model gave it; undefined for what a person wrote. */
  answer?: Caption | undefined;
  today: Date;
};

/**
 * Checks a caption by rules alone: limits, words of the brand, language, and claims that stand nowhere. Near-duplicates are
 * found where the other captions are known (services/posts/drafts.ts).
 */
export async function checkCaption({ brief, caption, answer = caption, today }: Checked): Promise<Finding[]> {
  const { channel, language, brand, targetAudience, item, brandContent } = brief;
  const names = [brand, targetAudience, item?.audience ?? ''];
  return [
    ...limitFindings(channel, answer, caption),
    ...(brandContent === undefined ? [] : await wordFindings(caption, brandContent.vocabulary, language)),
    ...(await languageFindings(answer.caption, language, names)),
    ...(await claimFindings(caption.caption, brief, today)),
  ];
}
