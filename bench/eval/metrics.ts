import { shinglesOf, similarity } from '../../src/domain/checks/similarity.ts';

/** How much a set of captions repeats itself. */
export type Diversity = {
  /** Mean similarity of all pairs (5-character Jaccard), 0 to 1. Each pair is cut to the length of the shorter text. */
  meanSimilarity: number;
  /** The highest similarity of a pair. */
  maxSimilarity: number;
  /** Mean BLEU-4 of each text against all others, 0 to 1 (Self-BLEU: Zhu et al., Texygen, 2018). */
  selfBleu: number;
  /** The share of texts whose first four words (in scripts without spaces: eight characters) an earlier text has. */
  repeatedOpenings: number;
};

/** Measures how much captions repeat each other. @param language of the captions, for their words. */
export function diversityOf(captions: readonly string[], language: string): Diversity {
  const texts = captions.map((caption) => caption.replaceAll('[simulated]', '').trim());
  const pairs = texts.flatMap((a, index) => texts.slice(index + 1).map((b) => similarityAtOneLength(a, b)));
  const words = texts.map((text) => wordsOf(text, language));
  const openings = texts.map((text, index) => openingOf(text, words[index] ?? []));
  return {
    meanSimilarity: mean(pairs),
    maxSimilarity: Math.max(0, ...pairs),
    selfBleu: mean(words.map((own, index) => bleu(own, words.toSpliced(index, 1)))),
    repeatedOpenings: 1 - new Set(openings).size / Math.max(1, openings.length),
  };
}

/** A long text shares little with a short one by its length alone, so both are cut to the same one. */
function similarityAtOneLength(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  return similarity(shinglesOf(a.slice(0, length)), shinglesOf(b.slice(0, length)));
}

function wordsOf(text: string, language: string): string[] {
  const segments = new Intl.Segmenter(language, { granularity: 'word' }).segment(text.toLowerCase());
  return Array.from(segments)
    .filter(({ isWordLike }) => isWordLike)
    .map(({ segment }) => segment);
}

function openingOf(text: string, words: readonly string[]): string {
  return /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}/u.test(text)
    ? text.slice(0, 8)
    : words.slice(0, 4).join(' ');
}

/** BLEU-4 with the brevity penalty; a missing n-gram counts as half of one (smoothing 1 of Chen and Cherry, 2014). */
function bleu(candidate: readonly string[], references: readonly (readonly string[])[]): number {
  const precisions = [1, 2, 3, 4].map((n) => {
    const own = countsOf(candidate, n);
    const most = new Map<string, number>();
    for (const reference of references) {
      for (const [gram, count] of countsOf(reference, n))
        most.set(gram, Math.max(most.get(gram) ?? 0, count));
    }
    const total = [...own.values()].reduce((sum, count) => sum + count, 0);
    const shared = [...own].reduce((sum, [gram, count]) => sum + Math.min(count, most.get(gram) ?? 0), 0);
    return Math.max(shared, 0.5) / Math.max(total, 1);
  });
  const closest = references
    .map(({ length }) => length)
    .toSorted((a, b) => Math.abs(a - candidate.length) - Math.abs(b - candidate.length))[0];
  const brevity = Math.min(1, Math.exp(1 - (closest ?? 0) / Math.max(1, candidate.length)));
  return brevity * Math.exp(mean(precisions.map(Math.log)));
}

function countsOf(words: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let start = 0; start + n <= words.length; start += 1) {
    const gram = words.slice(start, start + n).join(' ');
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
