import type { BrandContentInput } from '../../client/generated/graphql.ts';

/** What the brand of each evaluated campaign asks. */
export const evaluatedBrands: Readonly<Record<string, BrandContentInput>> = {
  en: {
    voice: { dont: ['Play on fear'] },
    vocabulary: { forbidden: ['cheap', 'ultimate'] },
    hashtags: ['Fernway'],
  },
  de: { voice: { dont: ['Mit Superlativen werben'] }, vocabulary: { forbidden: ['billig', 'klimaneutral'] } },
  ja: { vocabulary: { forbidden: ['激安', '今だけ'] } },
  fr: { voice: { dont: ['Promettre la santé'] }, vocabulary: { forbidden: ['unique', 'ancestral'] } },
  es: { voice: { dont: ['Prometer terapia'] }, vocabulary: { forbidden: ['barato', 'terapia'] } },
};
