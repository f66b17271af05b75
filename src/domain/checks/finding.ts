import { z } from 'zod';

/** What a check of a caption may find. */
const codes = [
  'TOO_LONG',
  'TOO_MANY_HASHTAGS',
  'FORBIDDEN_WORD',
  'REQUIRED_WORD_MISSING',
  'WRONG_LANGUAGE',
  'INVENTED_NUMBER',
  'INVENTED_PRICE',
  'INVENTED_DATE',
  'INVENTED_LINK',
  'NEAR_DUPLICATE',
  'OFF_BRAND',
] as const;

export type FindingCode = (typeof codes)[number];

export const findingCodeSchema = z.enum(codes);

/** What each code means, for people. */
export const findingGuide: Readonly<Record<FindingCode, string>> = {
  TOO_LONG: 'The caption was longer than its channel allows. It was cut.',
  TOO_MANY_HASHTAGS: 'There were more hashtags than the channel allows. The last ones were left out.',
  FORBIDDEN_WORD: 'A word that the brand forbids, in any inflection.',
  REQUIRED_WORD_MISSING: 'A word that the brand requires is missing.',
  WRONG_LANGUAGE: 'The caption is in another language than the post.',
  INVENTED_NUMBER: 'A number that stands neither in the campaign, the plan nor the brand.',
  INVENTED_PRICE: 'A price that stands neither in the campaign, the plan nor the brand.',
  INVENTED_DATE: 'A date that stands neither in the campaign, the plan nor the brand.',
  INVENTED_LINK: 'A link that stands neither in the campaign, the plan nor the brand.',
  NEAR_DUPLICATE: 'Nearly the same as an earlier post of the batch, or as a recent one of the campaign.',
  OFF_BRAND: 'Against a clause of the brand, as a model judges.',
};

/** What a check found in a caption. */
export const findingSchema = z.object({
  code: findingCodeSchema,
  /** The clause of the brand that it breaks (`vocabulary.forbidden.2`); null if it is no clause of a brand. */
  clause: z.string().nullable(),
  /** The words of the caption that show it; for a near-duplicate those that both share. Null if it is something that is missing. */
  excerpt: z.string().nullable(),
});

export type Finding = z.infer<typeof findingSchema>;

/** The most findings of a post, and the most characters of an excerpt. */
export const maxFindings = 50;
export const maxExcerptCharacters = 240;

/** Findings as a post keeps them: each once, of a bounded number and length. */
export function tidied(findings: readonly Finding[]): Finding[] {
  const short = findings.map(({ excerpt, ...finding }) => ({
    ...finding,
    excerpt: excerpt === null ? null : Array.from(excerpt).slice(0, maxExcerptCharacters).join(''),
  }));
  return [...new Map(short.map((one) => [JSON.stringify(one), one])).values()].slice(0, maxFindings);
}
