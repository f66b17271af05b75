import {
  codePoints,
  codeUnits,
  lengthOnBluesky,
  lengthOnMastodon,
  lengthOnThreads,
  lengthOnX,
  type LengthOf,
} from './lengths.ts';

export const channelNames = [
  'INSTAGRAM',
  'FACEBOOK',
  'LINKEDIN',
  'X',
  'TIKTOK',
  'PINTEREST',
  'THREADS',
  'BLUESKY',
  'MASTODON',
] as const;

export type Channel = (typeof channelNames)[number];

/** The limits of a channel. Image sizes are in pixels; the image models support each of them. */
export type ChannelLimits = {
  label: string;
  maxCaptionCharacters: number;
  /** The limit that a model is asked to keep. It leaves room for hashtags where they count too. */
  askedCaptionCharacters: number;
  maxHashtags: number;
  /** Whether hashtags are a part of the text, and count with the caption. */
  countsHashtags: boolean;
  /** Its own way of counting a text. */
  lengthOf: LengthOf;
  imageSize: '1024x1024' | '1024x1536' | '1536x1024';
};

/**
 * The limits of each channel, as published in November 2026. Where a channel takes more than 2,200 characters, a model is
 * asked for no more than that, because nobody reads more under an image; Facebook and TikTok take no more at all. Hashtag
 * counts are editorial where no source is named.
 */
export const channels: Readonly<Record<Channel, ChannelLimits>> = {
  // 2,200: https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media
  // Five hashtags since December 2025: https://www.ayrshare.com/docs/apis/post/social-networks/instagram
  INSTAGRAM: {
    label: 'Instagram',
    maxCaptionCharacters: 2200,
    askedCaptionCharacters: 2200,
    maxHashtags: 5,
    countsHashtags: false,
    lengthOf: codePoints,
    imageSize: '1024x1024',
  },
  // Takes 63,206: https://docs.upload-post.com/resources/character-limits
  FACEBOOK: {
    label: 'Facebook',
    maxCaptionCharacters: 2200,
    askedCaptionCharacters: 2200,
    maxHashtags: 5,
    countsHashtags: false,
    lengthOf: codePoints,
    imageSize: '1536x1024',
  },
  // 3,000: https://www.linkedin.com/help/linkedin/answer/a528176
  LINKEDIN: {
    label: 'LinkedIn',
    maxCaptionCharacters: 3000,
    askedCaptionCharacters: 2200,
    maxHashtags: 5,
    countsHashtags: false,
    lengthOf: codePoints,
    imageSize: '1536x1024',
  },
  // 280: https://docs.x.com/fundamentals/counting-characters
  X: {
    label: 'X',
    maxCaptionCharacters: 280,
    askedCaptionCharacters: 220,
    maxHashtags: 3,
    countsHashtags: true,
    lengthOf: lengthOnX,
    imageSize: '1536x1024',
  },
  // Takes 4,000 in UTF-16 under pictures: https://developers.tiktok.com/doc/content-posting-api-reference-photo-post
  // Five hashtags since August 2025.
  TIKTOK: {
    label: 'TikTok',
    maxCaptionCharacters: 2200,
    askedCaptionCharacters: 2200,
    maxHashtags: 5,
    countsHashtags: false,
    lengthOf: codeUnits,
    imageSize: '1024x1536',
  },
  // 500, and 800 by its API: https://help.pinterest.com/en/business/article/pinterest-product-specs
  PINTEREST: {
    label: 'Pinterest',
    maxCaptionCharacters: 500,
    askedCaptionCharacters: 500,
    maxHashtags: 5,
    countsHashtags: false,
    lengthOf: codePoints,
    imageSize: '1024x1536',
  },
  // 500: https://developers.facebook.com/docs/threads/posts
  // One hashtag, the topic of the post: https://developers.facebook.com/docs/threads/posts/topic-tags
  THREADS: {
    label: 'Threads',
    maxCaptionCharacters: 500,
    askedCaptionCharacters: 450,
    maxHashtags: 1,
    countsHashtags: true,
    lengthOf: lengthOnThreads,
    imageSize: '1024x1536',
  },
  // 300: https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/post.json
  BLUESKY: {
    label: 'Bluesky',
    maxCaptionCharacters: 300,
    askedCaptionCharacters: 240,
    maxHashtags: 3,
    countsHashtags: true,
    lengthOf: lengthOnBluesky,
    imageSize: '1024x1024',
  },
  // 500 unless a server allows more: https://docs.joinmastodon.org/user/posting/#text
  MASTODON: {
    label: 'Mastodon',
    maxCaptionCharacters: 500,
    askedCaptionCharacters: 420,
    maxHashtags: 5,
    countsHashtags: true,
    lengthOf: lengthOnMastodon,
    imageSize: '1536x1024',
  },
};

/** No caption has more code points than this, whatever its channel does not count. */
export const maxCaptionCharacters = Math.max(
  ...Object.values(channels).map((limits) => limits.maxCaptionCharacters),
);

export function isStorableCaption(caption: string): boolean {
  return codePoints(caption) <= maxCaptionCharacters;
}

/** Languages whose characters count double on X. */
const wideLanguages = new Set(['zh', 'ja', 'ko']);

/** Scripts that take 1.5 to 2.8 tokens a character (o200k): Ethiopic, Tibetan, Lao, Thaana, Cherokee, Inuktitut, N’Ko, Tifinagh. */
const scriptsOfManyTokens = new Set(['Ethi', 'Tibt', 'Laoo', 'Thaa', 'Cher', 'Cans', 'Nkoo', 'Tfng']);

/** Fits into `maxCaptionTokens` in any script. */
const askedInManyTokens = 800;

/** @returns the caption length in characters that a model is asked for. */
export function askedCaptionCharacters(channel: Channel, language: string): number {
  const asked = channels[channel].askedCaptionCharacters;
  const locale = new Intl.Locale(language).maximize();
  if (scriptsOfManyTokens.has(locale.script ?? '')) return Math.min(asked, askedInManyTokens);
  return channel === 'X' && wideLanguages.has(locale.language) ? Math.floor(asked / 2) : asked;
}

/** @returns the length of a text as the channel counts it. */
export function lengthOn(channel: Channel, text: string): number {
  return channels[channel].lengthOf(text);
}

/** @returns how much of a caption's length hashtags behind it take: nothing where they do not count. */
export function lengthOfHashtags(channel: Channel, hashtags: readonly string[]): number {
  return channels[channel].countsHashtags ? lengthOn(channel, ['', ...hashtags].join(' ')) : 0;
}

/** @returns whether the channel takes a caption with these hashtags, by its own way of counting. */
export function fitsOn(channel: Channel, caption: string, hashtags: readonly string[] = []): boolean {
  const limits = channels[channel];
  const text = [caption, ...(limits.countsHashtags ? hashtags : [])].join(' ');
  return (
    codePoints(caption) <= maxCaptionCharacters && lengthOn(channel, text) <= limits.maxCaptionCharacters
  );
}

export const tones = [
  'PROFESSIONAL',
  'FRIENDLY',
  'PLAYFUL',
  'INSPIRING',
  'BOLD',
  'ELEGANT',
  'INFORMATIVE',
] as const;

export type Tone = (typeof tones)[number];
