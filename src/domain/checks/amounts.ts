/** A number as a text has it. */
export type Amount = {
  /** As it stands in the text, with its currency. */
  text: string;
  start: number;
  /** What it may mean: `1.200` is 1200, or 1.2. */
  readings: readonly number[];
  /** Undefined for a number that is no price. Dollars of all countries are one, and so are crowns; `¥` is yen and yuan. */
  currency: string | undefined;
  isPercentage: boolean;
};

const currencies: readonly (readonly [name: string, pattern: string])[] = [
  ['EUR', '€|eur|euros?|ユーロ|欧元'],
  ['USD', '(?:us|ca|au|nz)?\\$|usd|cad|aud|nzd|dollars?|dólar(?:es)?|ドル|美元'],
  ['GBP', '£|gbp|pounds?|ポンド|英镑'],
  ['JPY', '¥|jpy|cny|rmb|yen|yuan|円|元'],
  ['CHF', 'chf|franken|fr\\.'],
  ['SEK', 'kr\\.?|sek|nok|dkk|kronor|kroner'],
  ['PLN', 'zł|pln|złotych'],
  ['INR', '₹|inr|rupees?'],
  ['KRW', '₩|krw|원'],
  ['RUB', '₽|rub|руб(?:\\.|лей|ля|ль)?'],
  ['UAH', '₴|uah|грн'],
  ['TRY', '₺|try|tl'],
  ['BRL', 'r\\$|brl|reais'],
];
const anyCurrency = currencies.map(([, pattern]) => pattern).join('|');

/** Groups of three with one separator, or plain digits; then a fraction. Multipliers are East Asian: 1万 is 10,000. */
const digits = String.raw`\d{1,3}(?:[.,'’\u0020\u00a0\u202f]\d{3})+(?!\d)(?:[.,]\d{1,2}(?!\d))?|\d+(?:[.,]\d+)?`;
const amountPattern = new RegExp(
  String.raw`(?<before>(?<![\p{L}])(?:${anyCurrency})[\u0020\u00a0\u202f]?)?` +
    // Digits of a name (`B2B`, `COVID-19`) are no number. East Asian text sets no space before a number.
    String.raw`(?<![\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{M}_\d]-?)(?<digits>${digits})(?<times>[千万億亿])?` +
    String.raw`(?<after>[\u0020\u00a0\u202f]?(?:%|(?:${anyCurrency})(?![\p{Script=Latin}\p{Script=Cyrillic}])))?`,
  'giu',
);
const times: Readonly<Record<string, number>> = { 千: 1e3, 万: 1e4, 億: 1e8, 亿: 1e8 };

/** All numbers of a text in which digits are `plainDigits`. */
export function amountsOf(text: string): Amount[] {
  return Array.from(text.matchAll(amountPattern), ({ 0: whole, index, groups = {} }) => ({
    text: whole.trim(),
    start: index,
    readings: readingsOf(groups['digits'] ?? '')
      .map((value) => value * (times[groups['times'] ?? ''] ?? 1))
      .flatMap((value) => (isAfternoon(text, index + whole.length) ? [value, value + 12] : [value])),
    currency: currencyOf(groups['before'] ?? groups['after'] ?? ''),
    isPercentage: groups['after']?.trim() === '%',
  }));
}

/** `5 pm` is 17 as well. */
function isAfternoon(text: string, end: number): boolean {
  return /^\u0020?p\.?m\b/i.test(text.slice(end, end + 5));
}

/** Where the digits `0` of other scripts stand. */
const zeros = [0x660, 0x6f0, 0x966, 0x9e6, 0xe50, 0xff10];
const plainSigns: Readonly<Record<string, string>> = {
  '，': ',',
  '．': '.',
  '％': '%',
  '￥': '¥',
  '＄': '$',
};

/** A text of the same length with digits from 0 to 9 and plain signs. */
export function plainDigits(text: string): string {
  return text
    .replaceAll(
      /[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u09e6-\u09ef\u0e50-\u0e59\uff10-\uff19]/g,
      (digit) => {
        const zero = zeros.findLast((start) => start <= digit.charCodeAt(0)) ?? 0;
        return String(digit.charCodeAt(0) - zero);
      },
    )
    .replaceAll(/[，．％￥＄]/g, (sign) => plainSigns[sign] ?? sign);
}

function readingsOf(digits: string): number[] {
  const parts = digits.split(/[^\d]/);
  const last = parts.at(-1) ?? '';
  if (parts.length === 1) return [Number(last)];
  const whole = Number(parts.join(''));
  const fraction = Number(`${parts.slice(0, -1).join('')}.${last}`);
  if (last.length !== 3) return [fraction];
  return parts.length > 2 || /\s|['’]/.test(digits) ? [whole] : [whole, fraction];
}

const currencyPatterns = currencies.map(
  ([name, pattern]) => [name, new RegExp(`^(?:${pattern})$`, 'iu')] as const,
);

function currencyOf(sign: string): string | undefined {
  const plain = sign.trim();
  return currencyPatterns.find(([, pattern]) => pattern.test(plain))?.[0];
}
