import { z } from 'zod';
import { channels, fitsOn, isStorableCaption, lengthOn, type Channel } from './channels.ts';
import { graphemesOf } from './lengths.ts';

/** Far above any channel's limit. Models overshoot; a long answer is cut, not bought again. */
const maxAnsweredCharacters = 20_000;
const maxAnsweredHashtags = 200;
/** Without the #. Longer ones are left out. */
const maxHashtagCharacters = 100;

/** @returns a hashtag with one `#` before it, as posts have it. */
export const hashtagOf = (tag: string) => `#${tag.replace(/^#/, '')}`;

/** @returns what is wrong with a hashtag that a person wrote, with or without its `#`; undefined if nothing is. */
export function faultOfHashtag(tag: string): string | undefined {
  const name = hashtagOf(tag).slice(1);
  if (name === '') return 'must not be empty';
  if (Array.from(name).length > maxHashtagCharacters)
    return `must have at most ${maxHashtagCharacters} characters after its #`;
  return /[^\p{L}\p{N}\p{M}_]/u.test(name) ? 'must be letters, digits and _ after one #' : undefined;
}

/** A hashtag that a person wrote, with or without its `#`; parses to the one that posts have. */
export const hashtagSchema = z
  .string()
  .trim()
  .transform((tag, context) => {
    const message = faultOfHashtag(tag);
    if (message === undefined) return hashtagOf(tag);
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });

/** Text that PostgreSQL can store: no NUL, no lone surrogates. */
const storableText = z
  .string()
  .max(maxAnsweredCharacters)
  .refine((text) => text.isWellFormed() && !text.includes('\0'), 'cannot be stored');

/** A model's answer to a request for a caption. */
export const captionSchema = z.strictObject({
  caption: storableText.trim().min(1),
  hashtags: z.array(storableText).max(maxAnsweredHashtags),
});

/** The same for a post with a plan item, whose scene the alt text describes. */
export const plannedCaptionSchema = captionSchema.extend({ altText: storableText.trim().min(1) });

export type Caption = z.infer<typeof captionSchema> & { altText?: string | undefined };

/** The longest alt text that is kept. */
export const maxAltTextCharacters = 1_000;

/**
 * Makes a model's answer fit its channel. Cuts the caption at the last whole word. Removes characters that hashtags cannot
 * have, and hashtags that are too long, repeated or too many. Where hashtags count with the caption, those that do not fit
 * are left out.
 *
 * @param channel the channel whose limits apply.
 * @param answer a parsed answer; models overshoot the limits that they were told.
 */
export function fitToChannel(channel: Channel, answer: Caption): Caption {
  const hashtags = new Set(
    answer.hashtags
      .map((tag) => tag.replace(/[^\p{L}\p{N}\p{M}_]/gu, ''))
      .filter((tag) => tag !== '' && Array.from(tag).length <= maxHashtagCharacters),
  );
  const { maxCaptionCharacters, maxHashtags } = channels[channel];
  const caption = cutAtWord(channel, answer.caption, maxCaptionCharacters);
  const tags = [...hashtags].slice(0, maxHashtags).map((tag) => `#${tag}`);
  const altText =
    answer.altText === undefined
      ? {}
      : { altText: Array.from(answer.altText).slice(0, maxAltTextCharacters).join('') };
  return {
    caption,
    hashtags: tags.filter((_tag, index) => fitsOn(channel, caption, tags.slice(0, index + 1))),
    ...altText,
  };
}

/**
 * Cuts a text that is longer than `maxLength`, as the channel counts it, at its last whole word. Cuts between the characters
 * that people see, so that no emoji is cut in half.
 */
export function cutAtWord(channel: Channel, text: string, maxLength: number): string {
  const fits = (part: string) => isStorableCaption(part) && lengthOn(channel, part) <= maxLength;
  if (fits(text)) return text;
  const characters = graphemesOf(text);
  const start = (length: number) => characters.slice(0, length).join('');
  // With the ellipsis, `most` characters fit, and `tooMany` do not.
  let most = 0;
  let tooMany = characters.length;
  while (tooMany - most > 1) {
    const middle = Math.floor((most + tooMany) / 2);
    if (fits(`${start(middle)}…`)) most = middle;
    else tooMany = middle;
  }
  const cut = start(most);
  const lastSpace = cut.lastIndexOf(' ');
  return `${lastSpace > cut.length / 2 ? cut.slice(0, lastSpace) : cut}…`;
}
