/** How much of two texts is compared, and how much is told. */
const comparedCharacters = 600;
const toldCharacters = 120;

/** @returns the longest piece that stands in both texts, in the words of the first; null if there is none. */
export function sharedWords(text: string, other: string): string | null {
  const a = Array.from(text).slice(0, comparedCharacters);
  const b = Array.from(other).slice(0, comparedCharacters);
  let longest = 0;
  let end = 0;
  let before = new Uint16Array(b.length + 1);
  for (const [i, character] of a.entries()) {
    const now = new Uint16Array(b.length + 1);
    for (const [j, one] of b.entries()) {
      if (one !== character) continue;
      const length = (before[j] ?? 0) + 1;
      now[j + 1] = length;
      if (length > longest) [longest, end] = [length, i + 1];
    }
    before = now;
  }
  const shared = a
    .slice(end - longest, end)
    .slice(0, toldCharacters)
    .join('')
    .trim();
  return shared === '' ? null : shared;
}
