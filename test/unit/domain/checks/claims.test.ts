import { expect, it } from 'vitest';
import { brandContentSchema } from '../../../../src/domain/brands/brand.ts';
import { claimFindings } from '../../../../src/domain/checks/claims.ts';
import type { Brief } from '../../../../src/domain/prompts/brief.ts';

const brief = (description: string, language = 'en'): Brief => ({
  brand: 'Fernway',
  description,
  tone: 'FRIENDLY',
  targetAudience: 'cyclists',
  language,
  channel: 'INSTAGRAM',
  position: 1,
  postCount: 1,
});
const today = new Date('2026-11-30T12:00:00Z');
const found = async (caption: string, description: string, language?: string) =>
  (await claimFindings(caption, brief(description, language), today)).map(({ code, excerpt }) => [
    code,
    excerpt,
  ]);

it.each([
  ['Only €1,200 today.', '1.200 €'],
  ['Only 1200 euros today.', 'It costs € 1.200,00.'],
  ['Nur 1 200 € heute.', 'Price: 1200'],
  ['新茶は1200円です。', '価格は１，２００円'],
  ['特別に1万円。', '¥10,000 の茶器'],
  ['Now 45 pounds.', 'a service for £45'],
  ['12.50 $ each', 'sold at $12.5'],
])('a price that the brief has is none of ours: %s', async (caption, description) => {
  expect(await found(caption, description)).toEqual([]);
});

it.each([
  ['Heute nur 19,99 €!', 'Wasser in Mehrwegglas', 'INVENTED_PRICE', '19,99 €'],
  ['Yours for $29.', 'a service for £29', 'INVENTED_PRICE', '$29'],
  ['今なら９８０円。', '茶缶', 'INVENTED_PRICE', '９８０円'],
  ['Save 20% this week.', 'a service', 'INVENTED_NUMBER', '20%'],
  ['Over 5,000 happy riders.', 'a workshop of nine mechanics', 'INVENTED_NUMBER', '5,000'],
  ['Pack of 500ml.', 'Water', 'INVENTED_NUMBER', '500'],
  ['Since 1962.', 'A spring', 'INVENTED_DATE', '1962'],
  ['See you on October 3rd.', 'Each October', 'INVENTED_DATE', 'October 3rd'],
  ['Open from 03/04/2027.', 'Opens soon', 'INVENTED_DATE', '03/04/2027'],
  [
    'Book at https://fernway-deals.com now.',
    'https://fernway.com',
    'INVENTED_LINK',
    'https://fernway-deals.com',
  ],
  ['Mehr auf fernway.com/rabatt.', 'fernway.com', 'INVENTED_LINK', 'fernway.com/rabatt'],
])('what stands nowhere is found: %s', async (caption, description, code, excerpt) => {
  expect(await found(caption, description)).toEqual([[code, excerpt]]);
});

it.each([
  ['Bis 3. Oktober 2026.', 'Am 3.10.2026 schließen wir.', 'de'],
  ['十月ではなく10月3日です。', '2026-10-03', 'ja'],
  ['Hasta el 3 de octubre.', 'October 3, 2026', 'es'],
  ['Wir füllen seit 1962 ab.', 'seit 1962', 'de'],
])('a day in other words is the same day: %s', async (caption, description, language) => {
  expect(await found(caption, description, language)).toEqual([]);
});

it.each([
  '3 reasons why.\n1. Calm\n2. Quiet\n3. Light',
  'Open 24/7, 100 % yours. 1️⃣ 2️⃣',
  'The plan for 2027 begins in 2026.',
  'B2B and COVID-19 and A4-100 #top100 @rider99',
])('counters, names and the years of today are no claim: %s', async (caption) => {
  expect(await found(caption, 'nothing')).toEqual([]);
});

it.each([
  ['40-mal befüllt, 17:00 Uhr', 'Eine Flasche wird im Schnitt vierzigmal befüllt, bis 5 pm.', 'de'],
  ['80グラム入り', '八十グラム入りの茶缶', 'ja'],
  ['Refilled 40 times', 'vierzigmal wieder befüllt', 'en'],
])('a number that the brief has in words is no claim: %s', async (caption, description, language) => {
  expect(await found(caption, description, language)).toEqual([]);
});

it('facts and links of the brand, the item and the wish may be used', async () => {
  const given: Brief = {
    ...brief('water'),
    item: { angle: '', hook: '', keyMessage: 'ready in 48 hours', scene: '', audience: '' },
    brandContent: brandContentSchema.parse({
      facts: ['150 kilometres'],
      link: { url: 'https://www.fernway.com/shop/', utm: 'utm_source={channel}' },
    }),
    regeneration: { number: 1, instruction: 'name the 30 days', previousCaption: null },
  };
  const caption = '48 hours, 150 km, 30 days: http://fernway.com/shop?utm_source=x and www.fernway.com.';
  expect(await claimFindings(caption, given, today)).toEqual([]);
});

it.each(['1,111', '1 111 ', 'a.', '€', '9.9.', 'https://a', '1-', '2 de ', '5 May '])(
  'a text that repeats %s thousands of times is read to its end',
  async (piece) => {
    const end = ' for €19.99';
    const findings = await claimFindings(piece.repeat(2_000) + end, brief('nothing'), today);
    expect(findings.at(-1)).toMatchObject({ code: 'INVENTED_PRICE', excerpt: '€19.99' });
  },
);
