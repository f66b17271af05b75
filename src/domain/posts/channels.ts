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
  imageSize: '1024x1024' | '1024x1536' | '1536x1024';
};

/**
 * The limits of each channel. Caption lengths are the channels' published maxima, at most 2,200 because nobody reads
 * more under an image. Hashtag counts are editorial.
 */
export const channels: Readonly<Record<Channel, ChannelLimits>> = {
  INSTAGRAM: {
    label: 'Instagram',
    maxCaptionCharacters: 2200,
    askedCaptionCharacters: 2200,
    maxHashtags: 10,
    imageSize: '1024x1024',
  },
  FACEBOOK: {
    label: 'Facebook',
    maxCaptionCharacters: 2200,
    askedCaptionCharacters: 2200,
    maxHashtags: 5,
    imageSize: '1536x1024',
  },
  LINKEDIN: {
    label: 'LinkedIn',
    maxCaptionCharacters: 2200,
    askedCaptionCharacters: 2200,
    maxHashtags: 5,
    imageSize: '1536x1024',
  },
  X: {
    label: 'X',
    maxCaptionCharacters: 280,
    askedCaptionCharacters: 220,
    maxHashtags: 3,
    imageSize: '1536x1024',
  },
  TIKTOK: {
    label: 'TikTok',
    maxCaptionCharacters: 2200,
    askedCaptionCharacters: 2200,
    maxHashtags: 6,
    imageSize: '1024x1536',
  },
  PINTEREST: {
    label: 'Pinterest',
    maxCaptionCharacters: 500,
    askedCaptionCharacters: 500,
    maxHashtags: 5,
    imageSize: '1024x1536',
  },
  THREADS: {
    label: 'Threads',
    maxCaptionCharacters: 500,
    askedCaptionCharacters: 450,
    maxHashtags: 1,
    imageSize: '1024x1536',
  },
  BLUESKY: {
    label: 'Bluesky',
    maxCaptionCharacters: 300,
    askedCaptionCharacters: 240,
    maxHashtags: 3,
    imageSize: '1024x1024',
  },
  MASTODON: {
    label: 'Mastodon',
    maxCaptionCharacters: 500,
    askedCaptionCharacters: 420,
    maxHashtags: 5,
    imageSize: '1536x1024',
  },
};

/** Languages whose characters count double on X. */
const wideLanguages = new Set(['zh', 'ja', 'ko']);

/** @returns the caption length in characters that a model is asked for. */
export function askedCaptionCharacters(channel: Channel, language: string): number {
  const asked = channels[channel].askedCaptionCharacters;
  const isDouble = channel === 'X' && wideLanguages.has(language.split('-', 1)[0] ?? '');
  return isDouble ? Math.floor(asked / 2) : asked;
}

/**
 * @returns the length of a text as the channel counts it. Most channels count code points. X counts emoji and characters
 * outside of the ranges below double (weights of its twitter-text configuration, version 3).
 */
export function lengthOn(channel: Channel, text: string): number {
  if (channel !== 'X') return Array.from(text).length;
  let length = 0;
  for (const { segment } of graphemes.segment(text)) {
    const points = Array.from(segment);
    length += isEmoji.test(segment)
      ? 2
      : points.reduce((sum, point) => sum + (isLight(point.codePointAt(0) ?? 0) ? 1 : 2), 0);
  }
  return length;
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const isEmoji = /\p{Extended_Pictographic}/u;
const isLight = (point: number): boolean =>
  point <= 0x10ff ||
  (point >= 0x2000 && point <= 0x200d) ||
  (point >= 0x2010 && point <= 0x201f) ||
  (point >= 0x2032 && point <= 0x2037);

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
