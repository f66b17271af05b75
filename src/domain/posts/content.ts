import { z } from 'zod';
import { channels, lengthOn, type Channel } from './channels.ts';

/** Far more than any channel takes: models overshoot, and what is too long is cut, not bought again. */
const maxAnsweredCharacters = 20_000;
const maxAnsweredHashtags = 200;
/** Without its #; what is longer is no hashtag. */
const maxHashtagCharacters = 100;

/** Text that PostgreSQL can store: no NUL, no half of a surrogate pair. */
const storableText = z
  .string()
  .max(maxAnsweredCharacters)
  .refine((text) => text.isWellFormed() && !text.includes('\0'), 'cannot be stored');

/** What a model must answer with when asked for a caption. */
export const captionSchema = z.strictObject({
  caption: storableText.trim().min(1),
  hashtags: z.array(storableText).max(maxAnsweredHashtags),
});

export type Caption = z.infer<typeof captionSchema>;

/**
 * Makes a model's answer fit its channel: the caption is cut at the last whole word, hashtags lose what no
 * channel takes, those that are too long are left out, the others are made unique and counted off. On X, where a post has few characters for both, those that do not
 * fit behind the caption are left out.
 *
 * @param channel whose limits hold.
 * @param answer a parsed answer; models overshoot limits that they were told.
 */
export function fitToChannel(channel: Channel, answer: Caption): Caption {
  const { maxCaptionCharacters, maxHashtags } = channels[channel];
  const hashtags = new Set(
    answer.hashtags
      .map((tag) => tag.replace(/[^\p{L}\p{N}\p{M}_]/gu, ''))
      .filter((tag) => tag !== '' && Array.from(tag).length <= maxHashtagCharacters),
  );
  const caption = cutAtWord(channel, answer.caption, maxCaptionCharacters);
  const tags = [...hashtags].slice(0, maxHashtags).map((tag) => `#${tag}`);
  const fits = (count: number) =>
    channel !== 'X' ||
    lengthOn(channel, [caption, ...tags.slice(0, count)].join(' ')) <= maxCaptionCharacters;
  return { caption, hashtags: tags.filter((_tag, place) => fits(place + 1)) };
}

/** Cuts between code points, so that no emoji is cut in half. */
function cutAtWord(channel: Channel, text: string, maxLength: number): string {
  if (lengthOn(channel, text) <= maxLength) return text;
  const characters = Array.from(text).slice(0, maxLength);
  while (lengthOn(channel, `${characters.join('')}…`) > maxLength) characters.pop();
  const cut = characters.join('');
  const lastSpace = cut.lastIndexOf(' ');
  return `${lastSpace > cut.length / 2 ? cut.slice(0, lastSpace) : cut}…`;
}
