const shingleCharacters = 5;

/** Texts at least this alike are near-duplicates. */
export const nearDuplicate = 0.75;

/** The 5-character pieces of a text, without case, punctuation and repeated spaces. */
export function shinglesOf(text: string): ReadonlySet<string> {
  const plain = Array.from(
    text
      .normalize('NFKC')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M}]+/gu, ' ')
      .trim(),
  );
  const last = Math.max(0, plain.length - shingleCharacters);
  return new Set(
    Array.from({ length: last + 1 }, (_, start) => plain.slice(start, start + shingleCharacters).join('')),
  );
}

/** @returns how alike two texts are, from 0 to 1: the share of their pieces that both have (Jaccard). */
export function similarity(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const [few, many] = a.size < b.size ? [a, b] : [b, a];
  let shared = 0;
  for (const piece of few) if (many.has(piece)) shared += 1;
  return shared / (a.size + b.size - shared);
}
