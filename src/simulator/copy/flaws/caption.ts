import type { ContentFault } from '../../behaviour/faults.ts';
import type { FlawBook, Violation } from '../../behaviour/flaws.ts';
import { cycle, hash, roll, type NonEmpty } from '../../random.ts';
import { readBrand } from '../brand.ts';
import { readBrief, type Brief } from '../brief.ts';
import { chooseLanguage } from '../languages.ts';
import { put, SIMULATED } from '../parts.ts';
import { createWriter } from '../writer.ts';
import { inflect } from './inflect.ts';
import { flawSentences } from './sentences.ts';

/** The call that a caption is written for. */
export type FlawedCall = {
  readonly prompt: string;
  readonly sha256: string;
  readonly seed: number;
  readonly book: FlawBook;
};

/** A caption with a flaw, and what shows it. */
type Flawed = Pick<Violation, 'text' | 'excerpt'> & { readonly language?: string };

/** Beyond what any channel allows over the limit that it is asked for. */
const tooLong = 1.4;

/** Told apart by any reader of languages. */
const others: NonEmpty<string> = ['en', 'de', 'fr'];

/**
 * The caption with the flaw that the fault asks for, which is noted. It stays as it is where the prompt has no occasion for the
 * flaw: no earlier caption, no brand, no limit.
 *
 * @param write writes the caption within so many units. @param asked the most that the schema allows.
 */
export function flawCaption(
  kind: ContentFault,
  write: (limit: number) => string,
  asked: number,
  call: FlawedCall,
): string {
  const { brief } = readBrief(call.prompt);
  const limit = Math.min(asked, brief.maxCaptionCharacters ?? Number.POSITIVE_INFINITY);
  const flawed = makers[kind](write, limit, brief, call);
  if (flawed === undefined) return write(limit);
  const { text, excerpt, language = languageOf(brief) } = flawed;
  const variation = brief.variation ?? null;
  call.book.note({ kind, text, excerpt, language, variation, sha256: call.sha256 });
  return text;
}

/** Whose captions a caption may repeat. */
export function seriesOf({ brand, description, language, channel }: Brief): string {
  return JSON.stringify([brand, description, language, channel]);
}

type Maker = (
  write: (limit: number) => string,
  limit: number,
  brief: Brief,
  call: FlawedCall,
) => Flawed | undefined;

const makers: Readonly<Record<ContentFault, Maker>> = {
  repetitive(write, limit, brief, { book, prompt, seed }) {
    const own = write(limit);
    const earlier = book.earlier(seriesOf(brief)).filter((caption) => caption !== own);
    const repeated = earlier[hash(seed, 'repeat', prompt) % earlier.length];
    if (repeated === undefined) return undefined;
    const text = repeated.replace(/[.。]/u, (stop) => (stop === '.' ? '!' : '！'));
    return { text, excerpt: text };
  },
  off_brand(write, limit, brief, { prompt, seed }) {
    const { forbiddenWords, dont } = readBrand(prompt);
    const sentences = flawSentences(languageOf(brief));
    const dice = hash(seed, 'off brand', prompt);
    const word = forbiddenWords[dice % forbiddenWords.length];
    const clause = dont[dice % dont.length];
    if (word !== undefined) {
      const form = roll(seed, 'form', prompt) < 0.5 ? inflect(word, languageOf(brief)) : word;
      return insert(write, limit, put(sentences.forbidden, 'word', form));
    }
    if (clause === undefined) return undefined;
    return insert(write, limit, put(sentences.dont, 'dont', clause.replace(/[.!。]$/u, '')));
  },
  wrong_language(_write, limit, brief, { prompt, seed }) {
    const [first, second] = others.filter((language) => language !== languageOf(brief));
    if (first === undefined || second === undefined) return undefined;
    const language = cycle([first, second], hash(seed, 'language', prompt));
    // Names of another language would make the text look mixed.
    const text = createWriter(prompt, seed, { language, targetAudience: undefined }).caption(limit, 0);
    return { text, excerpt: text, language };
  },
  invented_price(write, limit, brief, { prompt, seed }) {
    const { price, money } = flawSentences(languageOf(brief));
    const start = hash(seed, 'price', prompt) % 80;
    const numbers = Array.from({ length: 80 }, (_, index) => String(18 + ((start + index) % 80)));
    const number = numbers.find((each) => !prompt.includes(each));
    if (number === undefined) return undefined;
    return insert(write, limit, put(price, 'price', put(money, 'number', number)));
  },
  too_long(write, limit, brief) {
    if (!Number.isFinite(limit)) return undefined;
    const { bank } = chooseLanguage(brief);
    const text = write(limit);
    const more = [...bank.plan.benefits, ...bank.bodies];
    let added = '';
    for (let index = 0; text.length + added.length <= limit * tooLong; index++) {
      added += `${bank.joiner}${more[index % more.length] ?? ''}`;
    }
    return { text: beforeMarker(text, added), excerpt: added.trim() };
  },
};

function insert(write: (limit: number) => string, limit: number, sentence: string): Flawed {
  // Where there is no room the sentence goes beyond the limit: it is what the fault is about.
  return { text: beforeMarker(write(limit - sentence.length - 1), ` ${sentence}`), excerpt: sentence };
}

/** Puts words before what says that the text is simulated. */
function beforeMarker(text: string, words: string): string {
  const marker = text.lastIndexOf(SIMULATED.slice(0, -1));
  return marker === -1
    ? `${text}${words}`
    : `${text.slice(0, marker).trimEnd()}${words} ${text.slice(marker)}`;
}

/** The language that is written: English stands in for those that the simulator does not have. */
function languageOf(brief: Brief): string {
  const { missing } = chooseLanguage(brief);
  return missing === undefined ? (brief.language?.split(/[-_]/)[0]?.toLowerCase() ?? 'en') : 'en';
}
