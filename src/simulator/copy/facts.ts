import type { Brief } from './brief.ts';
import type { Series } from './series/series.ts';

/** What a brief's description has for a writer. */
export type Facts = {
  /** Sentences for readers, without their full stop. */
  readonly sentences: readonly string[];
  /** Details that stand as a list after a colon, three or more. */
  readonly details: readonly string[];
  /** Things to speak of. */
  readonly scenes: readonly string[];
  /** What readers shall do. */
  readonly action: string | undefined;
  /** Words for hashtags, the first ones first. */
  readonly keywords: readonly string[];
};

/** A longer sentence would be half of a post. */
const LONGEST_FACT = 260;
const FEWEST_DETAILS = 3;

/** Reads the description. Nothing is made up: all that it returns stands there. */
export function readFacts({ description, brand }: Brief, { reading }: Series): Facts {
  // A brief may be in another language than its posts: then it cannot be quoted.
  const sentences = isIn(reading.language, description ?? '') ? sentencesOf(description ?? '') : [];
  const directives = sentences.filter((sentence) => reading.directive.test(sentence));
  const told = sentences.filter((sentence) => !directives.includes(sentence));
  const found = (pattern: RegExp, group: string): string | undefined =>
    directives.map((sentence) => pattern.exec(sentence)?.groups?.[group]).find((text) => text !== undefined);
  const split = (text: string, at: RegExp): string[] => text.split(at).filter((part) => part !== '');
  const listed = told.map((sentence) => {
    const colon = sentence.search(/[:：]/);
    return colon === -1 ? [] : split(sentence.slice(colon + 1).trim(), reading.listSeparator);
  });
  return {
    sentences: told.filter(({ length }) => length <= LONGEST_FACT),
    details: listed.find(({ length }) => length >= FEWEST_DETAILS) ?? [],
    scenes: split(found(reading.scenes, 'scenes') ?? '', reading.separator),
    action: found(reading.action, 'action'),
    keywords: [
      ...new Set(
        told.flatMap((sentence) => sentence.replaceAll(brand ?? ' ', ' ').match(reading.keyword) ?? []),
      ),
    ],
  };
}

/** One word in ten or more is of the language. */
function isIn(language: RegExp, text: string): boolean {
  return (text.match(language)?.length ?? 0) * 10 >= text.split(' ').length;
}

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });

function sentencesOf(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) =>
    segment.trim().replace(/[.。!！]$/u, ''),
  ).filter((sentence) => sentence !== '');
}
