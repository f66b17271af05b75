import { expect, it } from 'vitest';
import { languageFindings } from '../../../../src/domain/checks/language.ts';
import { limitFindings } from '../../../../src/domain/checks/limits.ts';
import { wordFindings } from '../../../../src/domain/checks/words.ts';
import { fitToChannel } from '../../../../src/domain/posts/content.ts';

const words = { forbidden: ['billig', 'günstig', 'best price'], required: ['Quelle'], preferred: [] };
const text = (caption: string, hashtags: string[] = []) => ({ caption, hashtags });

it.each([
  ['Die günstigsten Preise der Quelle', 'de', 'günstigsten'],
  ['BILLIGE Quellen', 'de', 'BILLIGE'],
])('a forbidden word is found in any inflection: %s', async (caption, language, excerpt) => {
  const findings = await wordFindings(text(caption), words, language);
  expect(findings.filter(({ code }) => code === 'FORBIDDEN_WORD')).toMatchObject([{ excerpt }]);
});

it('a phrase is found as a whole, also in a hashtag', async () => {
  const { forbidden } = words;
  const only = { forbidden, required: [], preferred: [] };
  expect(await wordFindings(text('The best of all. A price.'), only, 'en')).toEqual([]);
  expect(await wordFindings(text('Yes', ['#BestPrices']), only, 'en')).toEqual([
    { code: 'FORBIDDEN_WORD', clause: 'vocabulary.forbidden.3', excerpt: 'Best Prices' },
  ]);
});

it('a required word that is missing is named by its clause', async () => {
  expect(await wordFindings(text('Nur Wasser'), words, 'de')).toEqual([
    { code: 'REQUIRED_WORD_MISSING', clause: 'vocabulary.required.1', excerpt: null },
  ]);
});

it.each(['値引き中です', '大値引きセール'])(
  'Japanese words are found without spaces: %s',
  async (caption) => {
    const vocabulary = { forbidden: ['値引き'], required: [], preferred: [] };
    expect(await wordFindings(text(caption), vocabulary, 'ja')).toHaveLength(1);
  },
);

it('a word is not found inside another one', async () => {
  const vocabulary = { forbidden: ['cheap', 'art'], required: [], preferred: [] };
  expect(await wordFindings(text('Start a party'), vocabulary, 'en')).toEqual([]);
});

const german =
  'Gutes Wasser im Büro braucht wenig Aufwand: Wir liefern jede Woche und nehmen das Leergut wieder mit.';
const english =
  'Good water at the office takes little effort: we deliver every week and take the empty bottles back.';
const japanese = '朝霧の畑で摘んだ一番茶を、その日のうちに浅く蒸して仕上げています。';

it.each([
  [english, 'de'],
  [german, 'en'],
  [german, 'ja'],
  [japanese, 'en'],
  [japanese, 'ko'],
  [english, 'uk'],
  [german, 'fr'],
])('a caption in another language is found: %s for %s', async (caption, language) => {
  expect(await languageFindings(caption, language, [])).toMatchObject([{ code: 'WRONG_LANGUAGE' }]);
});

it.each([
  [english, 'en-GB'],
  [german, 'de-AT'],
  [japanese, 'ja'],
  ['Vi laver god kaffe til alle, som elsker en rolig morgen med venner og familie hver eneste dag.', 'nb'],
  ['Just do it.', 'de'],
  ['Gutes Wasser #dailywater #officelife #sustainable https://example.com/our/new/water', 'de'],
])('a caption that may be in the language is not: %s for %s', async (caption, language) => {
  expect(await languageFindings(caption, language, [])).toEqual([]);
});

it('names of the brand count for no language', async () => {
  const brand = 'The Good Water Company of the North and the South and the West';
  expect(await languageFindings(`${brand}: prost!`, 'de', [brand])).toEqual([]);
});

it('what was cut and what was left out is told', () => {
  const answer = { caption: 'word '.repeat(100).trim(), hashtags: ['a', 'b', 'c', 'd', '#e'] };
  expect(limitFindings('X', answer, fitToChannel('X', answer))).toEqual([
    { code: 'TOO_LONG', clause: null, excerpt: expect.stringMatching(/word…$/) },
    { code: 'TOO_MANY_HASHTAGS', clause: null, excerpt: 'd e' },
  ]);
  const fits = { caption: 'word', hashtags: ['a', 'a', 'b!'] };
  expect(limitFindings('X', fits, fitToChannel('X', fits))).toEqual([]);
});
