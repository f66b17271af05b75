import type { Brief } from '../prompts/brief.ts';
import { amountsOf, plainDigits, type Amount } from './amounts.ts';
import { datesOf, type NamedDate } from './dates.ts';
import type { Finding, FindingCode } from './finding.ts';
import { isKnown, linksOf, type Link } from './links.ts';
import { isSpeltOut } from './numerals.ts';

/** Up to a dozen, a number counts things rather than claims something. */
const mostTrivial = 12;
const commonplaces = /(?<!\d)(?:24\/7|100\u0020?%|50\/50|360\u0020?°|365)(?![\d,.]*\d)/gu;

/** What a text claims in numbers. */
type Claims = { links: Link[]; dates: NamedDate[]; amounts: Amount[] };

/**
 * Prices, dates, links and other numbers of a caption that stand neither in its brief, item and brand, nor in the wish of who
 * had it made again. The year of `today` and the next are no claim.
 */
export async function claimFindings(caption: string, brief: Brief, today: Date): Promise<Finding[]> {
  const source = sourceOf(brief);
  const known = claimsOf(source, brief.language);
  const made = claimsOf(caption, brief.language);
  const find = (code: FindingCode, { text, start }: { text: string; start: number }): Finding => ({
    code,
    clause: null,
    // Digits may be of another script in the caption itself.
    excerpt: caption.slice(start, start + text.length),
  });
  const dates = made.dates.filter((date) => !isToldDate(date, known, today));
  const untold = made.amounts.filter((amount) => !isTrivial(amount) && !isToldAmount(amount, known));
  const amounts = await withoutSpeltOut(untold, source);
  return [
    ...made.links.filter((link) => !isKnown(link, known.links)).map((link) => find('INVENTED_LINK', link)),
    ...dates.map((date) => find('INVENTED_DATE', date)),
    ...amounts.map((amount) =>
      find(amount.currency === undefined ? 'INVENTED_NUMBER' : 'INVENTED_PRICE', amount),
    ),
  ];
}

/** Everything a caption may take facts from. */
function sourceOf({ brand, description, targetAudience, item, brandContent, regeneration }: Brief): string {
  const texts = [brand, description, targetAudience, regeneration?.instruction ?? ''];
  return [...texts, ...textsIn(item), ...textsIn(brandContent)].join('\n');
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** Reads links first, then dates in what is left, then other numbers: no digit counts twice. */
function claimsOf(text: string, language: string): Claims {
  const plain = plainDigits(text);
  const links = linksOf(plain);
  const withoutLinks = blankOut(plain, links).replaceAll(/[#@][\p{L}\p{N}\p{M}_]+/gu, blank);
  const dates = datesOf(withoutLinks, language);
  const rest = blankOut(withoutLinks, dates).replaceAll(commonplaces, blank);
  return { links, dates, amounts: amountsOf(rest) };
}

const blank = (text: string) => ' '.repeat(text.length);

function blankOut(text: string, parts: readonly { text: string; start: number }[]): string {
  return parts.reduce(
    (left, { text: part, start }) => left.slice(0, start) + blank(part) + left.slice(start + part.length),
    text,
  );
}

/** The same day, and no other year; or a year that is told somewhere. */
function isToldDate(date: NamedDate, known: Claims, today: Date): boolean {
  const { days, year } = date;
  if (days.length === 0) {
    const thisYear = today.getUTCFullYear();
    return (
      year === thisYear ||
      year === thisYear + 1 ||
      known.dates.some((told) => told.year === year) ||
      known.amounts.some(({ readings }) => year !== undefined && readings.includes(year))
    );
  }
  // `4.5.` may be a figure at the end of a sentence.
  const figures = /^\d+\.\d+\.$/.test(date.text) ? amountsOf(date.text) : [];
  if (figures.length > 0 && figures.every((figure) => isToldAmount(figure, known))) return true;
  return known.dates.some(
    (told) =>
      told.days.some((day) => days.includes(day)) &&
      (year === undefined || told.year === undefined || told.year === year),
  );
}

function isTrivial({ readings, currency, isPercentage }: Amount): boolean {
  if (currency !== undefined || isPercentage) return false;
  // The first reading is the likeliest: `5,000` is no 5.
  const [value = 0] = readings;
  return Number.isInteger(value) && value <= mostTrivial;
}

/** The same amount, in the same currency or without one. `2 500` may be two numbers. */
function isToldAmount(amount: Amount, known: Claims): boolean {
  const { readings, currency, text } = amount;
  const years = known.dates.flatMap(({ year }) => (year === undefined ? [] : [year]));
  const isTold = (value: number) =>
    (currency === undefined && years.includes(value)) ||
    known.amounts.some(
      (told) =>
        told.readings.includes(value) &&
        (currency === undefined || told.currency === undefined || told.currency === currency),
    );
  if (readings.some(isTold)) return true;
  const parts = text.match(/\d+/g) ?? [];
  const isSpaced = currency === undefined && /\d\s\d/.test(text);
  return isSpaced && parts.every((part) => Number(part) <= mostTrivial || isTold(Number(part)));
}

/** The amounts that the source does not have in words either. */
async function withoutSpeltOut(amounts: readonly Amount[], source: string): Promise<Amount[]> {
  const isUntold = await Promise.all(
    amounts.map(async ({ readings, currency }) => {
      if (currency !== undefined) return true;
      return !(await Promise.all(readings.map((value) => isSpeltOut(value, source)))).includes(true);
    }),
  );
  return amounts.filter((_, index) => isUntold[index]);
}
