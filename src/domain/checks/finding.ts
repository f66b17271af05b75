import { z } from 'zod';

/** What a check of a caption may find. */
export const findingCodes = [
  /** Longer than the channel allows; it was cut. */
  'TOO_LONG',
  /** More hashtags than the channel allows; the last ones were left out. */
  'TOO_MANY_HASHTAGS',
  /** A word that the brand forbids. */
  'FORBIDDEN_WORD',
  /** A word that the brand requires is missing. */
  'REQUIRED_WORD_MISSING',
  /** Not in the language that was asked for. */
  'WRONG_LANGUAGE',
  /** A number that stands neither in the brief nor in the brand. */
  'INVENTED_NUMBER',
  'INVENTED_PRICE',
  'INVENTED_DATE',
  'INVENTED_LINK',
  /** Nearly the same as another post of the batch, or as a recent one of the campaign. */
  'NEAR_DUPLICATE',
  /** Against a clause of the brand, as a model judges. */
  'OFF_BRAND',
] as const;

export type FindingCode = (typeof findingCodes)[number];

/** What a check found in a caption. */
export const findingSchema = z.object({
  code: z.enum(findingCodes),
  /** The clause of the brand that it breaks (`vocabulary.forbidden.2`); null if it is no clause of a brand. */
  clause: z.string().nullable(),
  /** The words of the caption that show it; for a near-duplicate those that both share. Null if it is something that is missing. */
  excerpt: z.string().nullable(),
});

export type Finding = z.infer<typeof findingSchema>;
