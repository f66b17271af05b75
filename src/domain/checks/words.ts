import type { BrandContent } from '../brands/brand.ts';
import { clauseId } from '../brands/clauses.ts';
import type { Caption } from '../posts/content.ts';
import type { Finding } from './finding.ts';
import { stemmerOf, type Stemmer } from './stems.ts';

/**
 * Forbidden words that a post has, and required ones that it lacks: in the caption or a hashtag, in any case and inflection.
 *
 * @param language of the post: a canonical BCP 47 tag.
 */
export async function wordFindings(
  { caption, hashtags }: Caption,
  { forbidden, required }: BrandContent['vocabulary'],
  language: string,
): Promise<Finding[]> {
  if (forbidden.length + required.length === 0) return [];
  const text = [caption, ...hashtags.map(spacedOut)].join('\n');
  const finder = createFinder(text, language, await stemmerOf(language));
  return [
    ...forbidden.flatMap((word, index): Finding[] => {
      const excerpt = finder(word);
      const clause = clauseId('vocabulary.forbidden', index);
      return excerpt === undefined ? [] : [{ code: 'FORBIDDEN_WORD', clause, excerpt }];
    }),
    ...required.flatMap((word, index): Finding[] =>
      finder(word) === undefined
        ? [{ code: 'REQUIRED_WORD_MISSING', clause: clauseId('vocabulary.required', index), excerpt: null }]
        : [],
    ),
  ];
}

/** Scripts that set no spaces between words, or inflect within them: there a word is found wherever it stands. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

type Word = { text: string; stem: string; start: number; end: number };

/** @returns a function that returns how a text has a word or phrase; undefined if it does not. */
function createFinder(
  text: string,
  language: string,
  stemmer: Stemmer,
): (phrase: string) => string | undefined {
  const lower = (some: string) => some.normalize('NFC').toLocaleLowerCase(language);
  const wordsOf = (some: string): Word[] =>
    Array.from(some.matchAll(/[\p{L}\p{N}\p{M}]+/gu), ({ 0: word, index }) => ({
      text: lower(word),
      stem: stemmer(lower(word)),
      start: index,
      end: index + word.length,
    }));
  const words = wordsOf(text);
  const plain = lower(text);
  return (phrase) => {
    const wanted = wordsOf(phrase);
    if (wanted.length === 0 || unspaced.test(phrase))
      return plain.includes(lower(phrase)) ? phrase : undefined;
    const first = words.findIndex((_, at) =>
      wanted.every(({ text: one, stem }, offset) => {
        const word = words[at + offset];
        return word !== undefined && (word.text === one || word.stem === stem);
      }),
    );
    const last = words[first + wanted.length - 1];
    return first === -1 ? undefined : text.slice(words[first]?.start, last?.end);
  };
}

/** `#CheapDeals` as words. */
function spacedOut(hashtag: string): string {
  return hashtag.replaceAll(/(?<=\p{Ll})(?=\p{Lu})/gu, ' ');
}
