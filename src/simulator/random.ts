/** A source of numbers in [0, 1). The same seed gives the same numbers in the same order. */
export type Random = () => number;

/**
 * Mixes any texts and numbers into one 32-bit unsigned integer: FNV-1a over UTF-16 units, finished with the
 * avalanche of MurmurHash3 so that neighbouring inputs land far apart. Not for secrets.
 */
export function hash(...parts: readonly (string | number)[]): number {
  let state = 0x811c9dc5;
  // The unit separator keeps ('ab', 'c') and ('a', 'bc') apart.
  const text = parts.join('\u001f');
  for (let index = 0; index < text.length; index++) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
  }
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
}

/** A seeded generator (mulberry32): small, fast and good enough for images, latencies and dice. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One number in [0, 1) that depends on nothing but the parts. */
export function roll(...parts: readonly (string | number)[]): number {
  return createRandom(hash(...parts))();
}

/** A list that has at least one element. */
export type NonEmpty<T> = readonly [T, ...T[]];

/** The element at `index`, counted round and round. */
export function cycle<T>(items: NonEmpty<T>, index: number): T {
  return items[index % items.length] ?? items[0];
}
