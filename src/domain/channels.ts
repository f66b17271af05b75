export const channelNames = ['INSTAGRAM', 'FACEBOOK', 'LINKEDIN', 'X', 'TIKTOK', 'PINTEREST'] as const;

export type Channel = (typeof channelNames)[number];

/** What a channel takes. Sizes in pixels; an image size is one that the image models draw. */
export type ChannelLimits = {
  label: string;
  maxCaptionCharacters: number;
  maxHashtags: number;
  imageSize: '1024x1024' | '1024x1536' | '1536x1024';
};

/**
 * Limits a post is written within. Caption lengths are the channels' own published maxima, capped at 2,200
 * because nobody reads more under a picture; hashtag counts are editorial.
 */
export const channels: Readonly<Record<Channel, ChannelLimits>> = {
  INSTAGRAM: { label: 'Instagram', maxCaptionCharacters: 2200, maxHashtags: 10, imageSize: '1024x1024' },
  FACEBOOK: { label: 'Facebook', maxCaptionCharacters: 2200, maxHashtags: 5, imageSize: '1536x1024' },
  LINKEDIN: { label: 'LinkedIn', maxCaptionCharacters: 2200, maxHashtags: 5, imageSize: '1536x1024' },
  X: { label: 'X', maxCaptionCharacters: 280, maxHashtags: 3, imageSize: '1536x1024' },
  TIKTOK: { label: 'TikTok', maxCaptionCharacters: 2200, maxHashtags: 6, imageSize: '1024x1536' },
  PINTEREST: { label: 'Pinterest', maxCaptionCharacters: 500, maxHashtags: 5, imageSize: '1024x1536' },
};

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
