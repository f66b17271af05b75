import { z } from 'zod';
import { channels, type Channel } from './channels.ts';

/** What a model must answer with when asked for a caption. */
export const captionSchema = z.strictObject({
  caption: z.string().trim().min(1),
  hashtags: z.array(z.string()),
});

export type Caption = z.infer<typeof captionSchema>;

/**
 * Makes a model's answer fit its channel: the caption is cut at the last whole word, hashtags lose what no
 * channel takes, are made unique and counted off.
 *
 * @param channel whose limits hold.
 * @param answer a parsed answer; models overshoot limits that they were told.
 */
export function fitToChannel(channel: Channel, answer: Caption): Caption {
  const { maxCaptionCharacters, maxHashtags } = channels[channel];
  const hashtags = new Set(
    answer.hashtags.map((tag) => tag.replace(/[^\p{L}\p{N}\p{M}_]/gu, '')).filter((tag) => tag !== ''),
  );
  return {
    caption: cutAtWord(answer.caption, maxCaptionCharacters),
    hashtags: [...hashtags].slice(0, maxHashtags).map((tag) => `#${tag}`),
  };
}

/** Counts code points, as channels do, so that no emoji is cut in half. */
function cutAtWord(text: string, maxCharacters: number): string {
  const characters = Array.from(text);
  if (characters.length <= maxCharacters) return text;
  const cut = characters.slice(0, maxCharacters - 1).join('');
  const lastSpace = cut.lastIndexOf(' ');
  return `${lastSpace > maxCharacters / 2 ? cut.slice(0, lastSpace) : cut}…`;
}
