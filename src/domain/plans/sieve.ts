import { nearDuplicate, shinglesOf, similarity, type Shingles } from '../checks/similarity.ts';
import type { Item } from './item.ts';

/** An item is compared with this many that were accepted last. */
const comparedWith = 400;
/** Two hooks open alike if they begin with the same words, this many. */
const wordsOfOpening = 3;

/** Keeps a plan from saying the same twice. */
export type Sieve = {
  /** @returns whether nothing like the item was added. */
  passes(item: SievedItem): boolean;
  add(item: SievedItem): void;
  /** @returns the hooks that were added last, newest first. */
  hooks(most: number): string[];
};

type SievedItem = Pick<Item, 'angle' | 'hook' | 'keyMessage'>;

/** @returns an empty sieve: nearly the same item, or one whose hook opens with the same words, does not pass after another. */
export function createSieve(): Sieve {
  const known: { shingles: Shingles; opening: string; hook: string }[] = [];
  const read = ({ angle, hook, keyMessage }: SievedItem) => ({
    shingles: shinglesOf(`${angle} ${hook} ${keyMessage}`),
    opening: openingOf(hook),
    hook,
  });
  return {
    passes(item) {
      const { shingles, opening } = read(item);
      return !known.some(
        (one) => one.opening === opening || similarity(one.shingles, shingles) >= nearDuplicate,
      );
    },
    add(item) {
      known.push(read(item));
      if (known.length > comparedWith) known.shift();
    },
    hooks: (most) =>
      known
        .slice(-most)
        .map(({ hook }) => hook)
        .toReversed(),
  };
}

const words = new Intl.Segmenter(undefined, { granularity: 'word' });

/** @returns the first words of a text, without case and punctuation. */
function openingOf(hook: string): string {
  const found = [...words.segment(hook.normalize('NFKC').toLowerCase())];
  return found
    .flatMap(({ segment, isWordLike }) => (isWordLike === true ? [segment] : []))
    .slice(0, wordsOfOpening)
    .join(' ');
}
