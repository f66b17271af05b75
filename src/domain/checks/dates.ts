/** A day or a year as a text has it. */
export type NamedDate = {
  text: string;
  start: number;
  /** What it may mean, as `month-day`: `03/04` is 3-4, or 4-3. Empty for a year alone. */
  days: readonly string[];
  year: number | undefined;
};

type Groups = Readonly<Record<string, string | undefined>>;

const yearPart = String.raw`(?:[\u0020\u00a0,.]{0,2}(?<year>(?:19|20)\d\d)(?!\d))?`;

/** Dates in digits. The order of day and month is the writer's: both are read. */
const inDigits = [
  /(?<!\d)(?<year>(?:19|20)\d\d)-(?<month>\d{1,2})-(?<day>\d{1,2})(?!\d)/gu,
  /(?:(?<year>(?:19|20)\d\d)年)?(?<month>\d{1,2})月(?<day>\d{1,2})日/gu,
  /(?<![\d.])(?<day>\d{1,2})\.\u0020?(?<month>\d{1,2})\.(?:\u0020?(?<year>(?:19|20)\d\d)(?!\d))?(?!\d)/gu,
  /(?<![\d/])(?<day>\d{1,2})\/(?<month>\d{1,2})(?:\/(?<year>(?:19|20)?\d\d))(?![\d/])/gu,
];

const aYear = /(?<![\d.,])(?:19|20)\d\d(?![\d]|[.,]\d)(?=年|\P{L}|$)/gu;

/** The dates of a text in which digits are plain: days, with a year or without, and years alone. @param language of month names. */
export function datesOf(text: string, language: string): NamedDate[] {
  const days = [...inDigits, ...withNames(language)].flatMap((pattern) =>
    Array.from(text.matchAll(pattern), ({ 0: found, index, groups }) =>
      dateOf(found, index, groups ?? {}, language),
    ),
  );
  const real = days.filter((date) => date.days.length > 0);
  const isFree = (start: number) =>
    real.every((date) => start < date.start || start >= date.start + date.text.length);
  const years = Array.from(text.matchAll(aYear), ({ 0: year, index }) => ({
    text: year,
    start: index,
    days: [],
    year: Number(year),
  }));
  return [...real, ...years.filter(({ start }) => isFree(start))];
}

function dateOf(text: string, start: number, groups: Groups, language: string): NamedDate {
  const { day = '', month = '', name, year } = groups;
  const pairs =
    name === undefined
      ? [[month, day] as const, [day, month] as const]
      : [[String(monthsOf(language).get(name.toLowerCase()) ?? 0), day] as const];
  const days = pairs.filter(
    ([m, d]) => Number(m) >= 1 && Number(m) <= 12 && Number(d) >= 1 && Number(d) <= 31,
  );
  return {
    text: text.trim(),
    start,
    days: [...new Set(days.map(([m, d]) => `${Number(m)}-${Number(d)}`))],
    year: year === undefined ? undefined : Number(year.length === 2 ? `20${year}` : year),
  };
}

/** `3. Oktober 2026`, `3 de octubre`, `October 3rd, 2026`, in a language and in English. */
function withNames(language: string): RegExp[] {
  return cached(patternsByLanguage, language, () => {
    const names = [...monthsOf(language).keys()]
      .map((name) => name.replaceAll('.', String.raw`\.?`))
      .join('|');
    return [
      new RegExp(
        String.raw`(?<!\d)(?<day>\d{1,2})(?:\.|st|nd|rd|th|er|º)?\u0020(?:de\u0020|of\u0020)?(?<name>${names})(?!\p{L})(?:\u0020de)?${yearPart}`,
        'giu',
      ),
      new RegExp(
        String.raw`(?<!\p{L})(?<name>${names})\u0020(?:the\u0020)?(?<day>\d{1,2})(?:st|nd|rd|th)?(?!\d)${yearPart}`,
        'giu',
      ),
    ];
  });
}

/** The names of months in a language and in English, long and short, in lower case; 1 is January. */
function monthsOf(language: string): ReadonlyMap<string, number> {
  return cached(monthsByLanguage, language, () => {
    const months = new Map<string, number>();
    for (const locale of [language, 'en'])
      for (const style of ['long', 'short'] as const) {
        const format = new Intl.DateTimeFormat(locale, { day: 'numeric', month: style, timeZone: 'UTC' });
        for (let month = 1; month <= 12; month += 1) {
          const parts = format.formatToParts(Date.UTC(2026, month - 1, 15));
          const name = parts.find(({ type }) => type === 'month')?.value.toLowerCase();
          if (name !== undefined && /\p{L}/u.test(name) && !/\d/.test(name)) months.set(name, month);
        }
      }
    return months;
  });
}

const patternsByLanguage = new Map<string, RegExp[]>();
const monthsByLanguage = new Map<string, ReadonlyMap<string, number>>();

function cached<T>(byLanguage: Map<string, T>, language: string, make: () => T): T {
  const known = byLanguage.get(language);
  if (known !== undefined) return known;
  const made = make();
  byLanguage.set(language, made);
  return made;
}
