const shingleCharacters = 5;

/** Texts at least this alike are near-duplicates. */
export const nearDuplicate = 0.75;

/** The 5-character pieces of a text as sorted 32-bit hashes, each once: 1.4 KB for a caption of 350 characters. */
export type Shingles = Uint32Array;

/** The 5-character pieces of a text, without case, punctuation and repeated spaces. */
export function shinglesOf(text: string): Shingles {
  const plain = Array.from(
    text
      .normalize('NFKC')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M}]+/gu, ' ')
      .trim(),
    (character) => character.codePointAt(0) ?? 0,
  );
  const last = Math.max(0, plain.length - shingleCharacters);
  const hashes = Array.from({ length: last + 1 }, (_, start) =>
    // FNV-1a, by characters.
    plain
      .slice(start, start + shingleCharacters)
      .reduce((hash, point) => Math.imul(hash ^ point, 0x01000193) >>> 0, 0x811c9dc5),
  );
  return Uint32Array.from(new Set(hashes)).sort();
}

/** @returns how alike two texts are, from 0 to 1: the share of their pieces that both have (Jaccard). */
export function similarity(a: Shingles, b: Shingles): number {
  const shared = countShared(a, b, Number.POSITIVE_INFINITY);
  return shared / (a.length + b.length - shared);
}

/** Whether two texts are at least `nearDuplicate` alike. Looks at few pieces of texts that are not. */
export function areNearDuplicates(a: Shingles, b: Shingles): boolean {
  const all = a.length + b.length;
  const needed = Math.ceil((all * nearDuplicate) / (1 + nearDuplicate));
  return countShared(a, b, all - 2 * needed) >= needed;
}

/** How many pieces both have. Stops when more than `mostOdd` pieces are in one of them alone. */
function countShared(a: Shingles, b: Shingles, mostOdd: number): number {
  let shared = 0;
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length && i + j - 2 * shared <= mostOdd) {
    const [left = 0, right = 0] = [a[i], b[j]];
    if (left === right) shared += 1;
    if (left <= right) i += 1;
    if (right <= left) j += 1;
  }
  return shared;
}
