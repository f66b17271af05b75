import type { ContentFault } from './faults.ts';

/** The most violations that are kept, and of how many briefs how many captions. The oldest are forgotten. */
const violationsKept = 5_000;
const briefsKept = 200;
const captionsKept = 8;

/** What a fault of the content did to one answer. */
export type Violation = {
  readonly kind: ContentFault;
  /** The whole caption as it was answered, or the hook of the item of a plan. */
  readonly text: string;
  /** The words that show it. */
  readonly excerpt: string;
  /** The language of the text. */
  readonly language: string;
  /** The brief's `variation`, or the position of the item. */
  readonly variation: number | null;
  /** SHA-256 of the prompt in lower-case hexadecimal. */
  readonly sha256: string;
};

/** Remembers in bounded memory what faults of the content did, and what they can repeat. */
export type FlawBook = {
  note: (violation: Violation) => void;
  violations: () => { readonly violations: Violation[]; readonly forgotten: number };
  /** Notes a caption without fault of a brief. */
  remember: (brief: string, caption: string) => void;
  /** Captions of the brief, oldest first. */
  earlier: (brief: string) => readonly string[];
  /** Forgets all violations. */
  reset: () => void;
};

export function createFlawBook(): FlawBook {
  const violations: Violation[] = [];
  // A Map keeps the order of insertion: the first key is the brief that was not written for the longest time.
  const captions = new Map<string, string[]>();
  let forgotten = 0;
  return {
    note(violation) {
      violations.push(violation);
      if (violations.length <= violationsKept) return;
      violations.shift();
      forgotten += 1;
    },
    violations: () => ({ violations: [...violations], forgotten }),
    remember(brief, caption) {
      const known = captions.get(brief) ?? [];
      captions.delete(brief);
      captions.set(brief, [...known.filter((one) => one !== caption), caption].slice(-captionsKept));
      const oldest = captions.keys().next();
      if (captions.size > briefsKept && !oldest.done) captions.delete(oldest.value);
    },
    earlier: (brief) => captions.get(brief) ?? [],
    reset() {
      violations.length = 0;
      forgotten = 0;
    },
  };
}
