import { lazily } from '../lazily.ts';

/** Where numbers are spelt out by a library: the languages that briefs are most often in. */
const spellers = lazily(() =>
  Promise.all([
    import('n2words/da-DK'),
    import('n2words/de-DE'),
    import('n2words/en-US'),
    import('n2words/es-ES'),
    import('n2words/fr-FR'),
    import('n2words/it-IT'),
    import('n2words/ja-JP'),
    import('n2words/ko-KR'),
    import('n2words/nb-NO'),
    import('n2words/nl-NL'),
    import('n2words/pl-PL'),
    import('n2words/pt-PT'),
    import('n2words/ru-RU'),
    import('n2words/sv-SE'),
    import('n2words/zh-Hans-CN'),
  ]),
);

/** Shorter words stand inside others by chance: `firs`, 80 in Danish, in `first`. East Asian numerals are short. */
const fewestLetters = 5;

/** @returns whether a text has a whole number in words, whatever its language: 40 in `vierzigmal`. */
export async function isSpeltOut(value: number, text: string): Promise<boolean> {
  if (!Number.isSafeInteger(value)) return false;
  const lower = text.toLowerCase();
  return (await spellers()).some(({ toCardinal }) => {
    const words = toCardinal(value).toLowerCase();
    const isTelling = words.length >= fewestLetters || /\p{Script=Han}/u.test(words);
    return isTelling && [words, words.replaceAll('-', ' ')].some((written) => lower.includes(written));
  });
}
