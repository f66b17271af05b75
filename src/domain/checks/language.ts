import { lazily } from '../lazily.ts';
import type { Finding } from './finding.ts';

/** Shorter texts tell nothing for sure. A character of the East Asian scripts tells more. */
const fewestLetters = 60;
const fewestWideLetters = 20;
/** The recogniser's score from which on it counts, and how many times that of the asked language it must be. */
const sureScore = 0.08;
const sureTimes = 3;

/** Languages that the recogniser has under another name. Danish it does not know, and so finds nothing. */
const alike: Readonly<Record<string, string>> = { nb: 'no', nn: 'no' };
/** Languages that are written in several scripts. */
const severalScripts = new Set(['az', 'bs', 'kk', 'ku', 'mn', 'pa', 'sr', 'tg', 'uz']);
const scripts: Readonly<Record<string, RegExp>> = {
  Arab: /\p{Script=Arabic}/gu,
  Cyrl: /\p{Script=Cyrillic}/gu,
  Deva: /\p{Script=Devanagari}/gu,
  Grek: /\p{Script=Greek}/gu,
  Hans: /\p{Script=Han}/gu,
  Hant: /\p{Script=Han}/gu,
  Hebr: /\p{Script=Hebrew}/gu,
  Jpan: /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu,
  Kore: /\p{Script=Hangul}/gu,
  Latn: /\p{Script=Latin}/gu,
  Thai: /\p{Script=Thai}/gu,
};
const wide = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

const recogniser = lazily(() => import('tinyld/light'));

/**
 * @param language that was asked for: a canonical BCP 47 tag. @param names that may be of any language.
 * @returns a finding if the caption is surely in another language; none if it is short, or in one that cannot be told.
 */
export async function languageFindings(
  caption: string,
  language: string,
  names: readonly string[],
): Promise<Finding[]> {
  const text = withoutNames(caption, names);
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  if (letters < (wide.test(text) ? fewestWideLetters : fewestLetters)) return [];
  const isWrong = isInOtherScript(text, letters, language) || (await isInOtherLanguage(text, language));
  return isWrong ? [{ code: 'WRONG_LANGUAGE', clause: null, excerpt: startOf(caption) }] : [];
}

function isInOtherScript(text: string, letters: number, language: string): boolean {
  const locale = new Intl.Locale(language);
  if (locale.script === undefined && severalScripts.has(locale.language)) return false;
  const letter = scripts[locale.maximize().script ?? ''];
  return letter !== undefined && (text.match(letter)?.length ?? 0) < letters / 5;
}

async function isInOtherLanguage(text: string, language: string): Promise<boolean> {
  const { detectAll, supportedLanguages, toISO2 } = await recogniser();
  const base = language.split('-', 1)[0] ?? '';
  const asked = alike[base] ?? base;
  if (!supportedLanguages.some((known) => toISO2(known) === asked)) return false;
  const scores = detectAll(text);
  const [best] = scores;
  if (best === undefined || best.lang === asked || best.accuracy < sureScore) return false;
  const own = scores.find(({ lang }) => lang === asked)?.accuracy ?? 0;
  return best.accuracy >= own * sureTimes;
}

/** A text without links, hashtags, mentions and names. */
function withoutNames(text: string, names: readonly string[]): string {
  return names
    .filter((name) => name.trim() !== '')
    .reduce(
      (left, name) => left.replaceAll(new RegExp(RegExp.escape(name.trim()), 'giu'), () => ' '),
      text.replaceAll(/https?:\/\/\S+|[#@][\p{L}\p{N}\p{M}_]+/gu, ' '),
    );
}

function startOf(text: string): string {
  return Array.from(text).slice(0, 80).join('').trim();
}
