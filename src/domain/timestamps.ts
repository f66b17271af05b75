/**
 * Timestamps as text, and back, several times as fast as `Date`. Timestamps of a list are close together, so the writer
 * remembers the last minute and the reader the last day.
 */

const minuteMs = 60_000;
const pad = (length: number, digits: number) =>
  Array.from({ length }, (_, number) => String(number).padStart(digits, '0'));
const seconds = pad(60, 2);
const milliseconds = pad(1000, 3).map((digits) => `.${digits}Z`);

/**
 * Creates a writer for timestamps of one kind: it is fast as long as they are in the same minute.
 *
 * @returns a function that writes a date as `toISOString` does (`2026-11-22T09:30:00.000Z`), and throws RangeError if the
 * date is invalid.
 */
export function createTimestampWriter(): (date: Date) => string {
  let known = Number.NaN;
  let prefix = '';
  return (date) => {
    const ms = date.getTime();
    const minute = Math.floor(ms / minuteMs);
    if (minute !== known) {
      const text = date.toISOString();
      // Years with more than four digits have another format.
      if (text.length !== 24) return text;
      known = minute;
      prefix = text.slice(0, 17);
    }
    const rest = ms - minute * minuteMs;
    const second = Math.floor(rest / 1000);
    return `${prefix}${seconds[second]}${milliseconds[rest - second * 1000]}`;
  };
}

let read = { day: 'none', ms: Number.NaN };

/**
 * Reads PostgreSQL's text of a timestamp in UTC, to the millisecond: `2026-11-22 09:30:00.12+00`.
 *
 * @returns undefined for any other text, such as another time zone or a year BC.
 */
export function fromPostgresText(text: string): Date | undefined {
  const { length } = text;
  if (length < 22 || length > 26 || text[10] !== ' ' || !text.endsWith('+00')) return undefined;
  if (!text.startsWith(read.day)) {
    const day = text.slice(0, 10);
    read = { day, ms: Date.parse(`${day}T00:00:00.000Z`) };
  }
  const digit = (index: number) => (index < length - 3 ? text.charCodeAt(index) - 48 : 0);
  const number = (index: number) => digit(index) * 10 + digit(index + 1);
  const fraction = digit(20) * 100 + digit(21) * 10 + digit(22);
  return new Date(read.ms + ((number(11) * 60 + number(14)) * 60 + number(17)) * 1000 + fraction);
}
