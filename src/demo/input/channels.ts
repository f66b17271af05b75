import type { Channel } from '../../../client/index.ts';

/** All channels, as the API names them. */
export const channelNames = [
  'BLUESKY',
  'FACEBOOK',
  'INSTAGRAM',
  'LINKEDIN',
  'MASTODON',
  'PINTEREST',
  'THREADS',
  'TIKTOK',
  'X',
] as const satisfies readonly Channel[];

/** Channels, as people name them. A client of the API knows their names alone. */
const channelLabels: Readonly<Record<Channel, string>> = {
  BLUESKY: 'Bluesky',
  FACEBOOK: 'Facebook',
  INSTAGRAM: 'Instagram',
  LINKEDIN: 'LinkedIn',
  MASTODON: 'Mastodon',
  PINTEREST: 'Pinterest',
  THREADS: 'Threads',
  TIKTOK: 'TikTok',
  X: 'X',
};

/** What the posts of an order are for. Neither list is empty. */
export type Variants = { channels: readonly Channel[]; languages: readonly string[] };

/** The number of posts of each item. */
export function variantCount({ channels, languages }: Variants): number {
  return channels.length * languages.length;
}

const list = new Intl.ListFormat('en');
const names = new Intl.DisplayNames(['en'], { type: 'language' });

/** Describes the posts in a few words: `Instagram posts in English`. */
export function kindOf({ channels, languages }: Variants): string {
  const named = list.format(languages.map((language) => names.of(language) ?? language));
  return `${list.format(channels.map((channel) => channelLabels[channel]))} posts in ${named}`;
}

/** What tells a post from the others of its item, in a few letters: `LinkedIn de`; empty if there are no others. */
export function variantLabel(
  { channel, language }: { channel: Channel; language: string },
  { channels, languages }: Variants,
): string {
  return [
    ...(channels.length > 1 ? [channelLabels[channel]] : []),
    ...(languages.length > 1 ? [language] : []),
  ].join(' ');
}
