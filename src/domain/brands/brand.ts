import { z } from 'zod';
import { channelNames, channels, lengthOfHashtags, lengthOn } from '../posts/channels.ts';
import { hashtagSchema } from '../posts/content.ts';
import { text } from '../validation.ts';

const line = text(300);
const word = text(80);
const few = <T extends z.ZodType>(one: T, most: number) =>
  z.array(one).max(most, `must be at most ${most}`).default([]);

/** What stands in an address, with `{channel}` and `{campaign}` in the places of their values. */
const utm = text(200)
  .transform((template) => template.replace(/^[?&]/, ''))
  .refine(
    (template) => /^[\w\-.~%+&=:,;/@!*]*$/.test(template.replaceAll(/\{(?:channel|campaign)\}/g, '')),
    'must be such as utm_source={channel}&utm_campaign={campaign}',
  );

export const logoCorners = ['TOP_LEFT', 'TOP_RIGHT', 'BOTTOM_LEFT', 'BOTTOM_RIGHT'] as const;

const looks = z.object({
  palette: few(
    z
      .string()
      .regex(/^#[0-9a-f]{6}$/i, 'must be a colour such as #1a2b3c')
      .toLowerCase(),
    10,
  ),
  style: few(word, 20),
});

/** Where the logo stands on a picture, and how wide it is there. */
const logoPlace = z.object({
  corner: z.enum(logoCorners),
  /** Of the image's width. */
  widthPercent: z.int().min(3, 'must be at least 3').max(40, 'must be at most 40'),
});

/** A brand's logo, and where it stands on images. */
export const logoSchema = logoPlace.extend({
  /** Key in the asset store. */
  key: z.string(),
});

export type Logo = z.output<typeof logoSchema>;

const parts = {
  voice: z.object({ do: few(line, 20), dont: few(line, 20) }).prefault({}),
  vocabulary: z
    .object({
      forbidden: few(word, 200),
      /** Each caption has every one of them. */
      required: few(word, 10),
      preferred: few(z.object({ say: word, insteadOf: word }), 50),
    })
    .prefault({}),
  /** What may be claimed. */
  facts: few(line, 50),
  /** Posts that sound right. */
  examples: few(text(2_200), 10),
  /** Every post has them, as far as its channel takes so many. */
  hashtags: few(hashtagSchema, 10),
  /** Stands below each caption. */
  link: z
    .object({
      url: text(200).pipe(
        z.url({ protocol: /^https?$/, error: 'must be an address such as https://example.com' }),
      ),
      /** Added to the address: `utm_source={channel}&utm_campaign={campaign}`. */
      utm: utm.nullable().default(null),
    })
    .nullable()
    .default(null),
  /** Stand below each caption on these channels; with none named, on all. */
  disclaimers: few(z.object({ channels: z.array(z.enum(channelNames)).default([]), text: line }), 20),
};

/** What a version of a brand says, as it is stored (JSON). Absent parts are empty. */
export const brandContentSchema = z.object({
  ...parts,
  visual: looks.extend({ logo: logoSchema.nullable().default(null) }).prefault({}),
});

export type BrandContent = z.output<typeof brandContentSchema>;

/** Characters of all that a brand says, as JSON: each caption is asked for with most of it. */
const maxContentCharacters = 20_000;

/** The same as people write it. A logo without an image keeps the one that the brand has. */
export const brandInputSchema = z
  .object({
    ...parts,
    visual: looks
      .extend({ logo: logoPlace.extend({ image: z.string().nullish() }).nullable().default(null) })
      .prefault({}),
  })
  .superRefine((content, context) => {
    const { logo: _, ...visual } = content.visual;
    if (JSON.stringify({ ...content, visual }).length > maxContentCharacters) {
      const message = `must have at most ${maxContentCharacters} characters in all`;
      context.addIssue({ code: 'custom', path: [], message });
    }
    for (const channel of channelNames) {
      const { label, maxCaptionCharacters, maxHashtags } = channels[channel];
      let room = Math.floor(maxCaptionCharacters / 2);
      const lengthOfLine = (added: string) => lengthOn(channel, `\n${added}`);
      const additions = [
        ...content.hashtags.slice(0, maxHashtags).map((tag, index) => ({
          path: ['hashtags', index],
          length: lengthOfHashtags(channel, [tag]),
        })),
        ...(content.link === null ? [] : [{ path: ['link', 'url'], length: lengthOfLine(content.link.url) }]),
        ...content.disclaimers.map((disclaimer, index) => ({
          path: ['disclaimers', index, 'text'],
          length: appliesTo(disclaimer, channel) ? lengthOfLine(disclaimer.text) : 0,
        })),
      ];
      for (const { path, length } of additions) {
        room -= length;
        if (room >= 0) continue;
        const message = `leaves too little of a caption on ${label}: link, disclaimers and hashtags that count may take half of its ${maxCaptionCharacters} characters`;
        context.addIssue({ code: 'custom', path, message });
        break;
      }
    }
  });

export type BrandInput = z.input<typeof brandInputSchema>;
export type ParsedBrand = z.output<typeof brandInputSchema>;

/** Whether a disclaimer stands below the captions of a channel. */
export function appliesTo(
  { channels: named }: BrandContent['disclaimers'][number],
  channel: (typeof channelNames)[number],
): boolean {
  return named.length === 0 || named.includes(channel);
}
