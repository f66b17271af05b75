import { z } from 'zod';
import { channelNames } from '../posts/channels.ts';

const line = z.string().trim().min(1, 'must not be empty').max(300, 'must have at most 300 characters');
const word = z.string().trim().min(1, 'must not be empty').max(80, 'must have at most 80 characters');
const few = <T extends z.ZodType>(one: T, most = 50) =>
  z.array(one).max(most, `must be at most ${most}`).default([]);

export const logoCorners = ['TOP_LEFT', 'TOP_RIGHT', 'BOTTOM_LEFT', 'BOTTOM_RIGHT'] as const;

/** A brand's logo, and where it stands on images. */
export const logoSchema = z.object({
  /** Key in the asset store. */
  key: z.string(),
  corner: z.enum(logoCorners),
  /** Of the image's width. */
  widthPercent: z.int().min(3).max(40),
});

export type Logo = z.output<typeof logoSchema>;

/** What a version of a brand says. Stored as JSON; absent parts are empty. */
export const brandContentSchema = z.object({
  voice: z.object({ do: few(line), dont: few(line) }).prefault({}),
  vocabulary: z
    .object({
      forbidden: few(word, 200),
      /** Each caption has every one of them. */
      required: few(word, 10),
      preferred: few(z.object({ say: word, insteadOf: word })),
    })
    .prefault({}),
  /** What may be claimed. */
  facts: few(line, 100),
  /** Posts that sound right. */
  examples: few(
    z.string().trim().min(1, 'must not be empty').max(2_200, 'must have at most 2200 characters'),
    10,
  ),
  visual: z
    .object({
      palette: few(z.string().regex(/^#[0-9a-f]{6}$/i, 'must be a colour such as #1a2b3c'), 10),
      style: few(word, 20),
      logo: logoSchema.nullable().default(null),
    })
    .prefault({}),
  hashtags: few(word, 10),
  link: z
    .object({
      url: z.url({ protocol: /^https?$/, error: 'must be an address such as https://example.com' }),
      /** Added to the address: `utm_source={channel}&utm_campaign={campaign}`. */
      utm: z.string().trim().max(300).nullable().default(null),
    })
    .nullable()
    .default(null),
  disclaimers: few(z.object({ channels: z.array(z.enum(channelNames)), text: line }), 20),
});

export type BrandContent = z.output<typeof brandContentSchema>;
