import { distance } from 'fastest-levenshtein';

const mostEdits = 2;

/** @returns the known name that differs from `name` by at most two letters, of a short one by fewer, in any case. */
export function nearestTo(name: string, known: readonly string[]): string | undefined {
  const atMost = Math.min(mostEdits, Math.floor(name.length / 4));
  const near = known.map((one) => ({ one, edits: distance(name.toUpperCase(), one.toUpperCase()) }));
  return near.filter(({ edits }) => edits <= atMost).toSorted((a, b) => a.edits - b.edits)[0]?.one;
}
