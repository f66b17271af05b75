import { z } from 'zod';
import type { BrandContent } from '../brands/brand.ts';
import { clausesOf, type Clause } from '../brands/clauses.ts';
import type { Finding } from './finding.ts';

/** How often a caption is judged: with its clauses in either order. */
export const judgesOfCaption = 2;

/** A judge's answer: clauses that a caption breaks, each with the words that break it. */
export const judgementSchema = z.strictObject({
  violations: z.array(z.strictObject({ clause: z.string(), excerpt: z.string() })).max(200),
});

export type Judgement = z.infer<typeof judgementSchema>;

/** Clauses that rules cannot check: what the voice is and is not, and what may be claimed. */
export function judgedClauses(brand: BrandContent | undefined): Clause[] {
  if (brand === undefined) return [];
  return clausesOf(brand).filter(({ id }) => id.startsWith('voice.') || id.startsWith('facts.'));
}

/** @returns what all judges found: the clauses that each of them names, with words that stand in the caption. */
export function agreed(
  caption: string,
  clauses: readonly Clause[],
  judgements: readonly Judgement[],
): Finding[] {
  return clauses.flatMap(({ id }): Finding[] => {
    const found = judgements.map(({ violations }) =>
      violations.find(
        ({ clause, excerpt }) => clause === id && excerpt.trim() !== '' && caption.includes(excerpt),
      ),
    );
    const [first] = found;
    return first === undefined || found.includes(undefined)
      ? []
      : [{ code: 'OFF_BRAND', clause: id, excerpt: first.excerpt }];
  });
}
