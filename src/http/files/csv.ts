import type { Readable } from 'node:stream';
import { stringify } from 'csv-stringify';

/**
 * Matches a character that starts a formula (OWASP, CSV Injection), in full width too, at the start of a cell. A cell may also
 * start after a semicolon, tab or line break, which some spreadsheets use as separators. Invisible characters and quotes
 * before it do not count. The look-behind stops at the character before, so the time is linear.
 */
const formula = /[=+\-@＝＋－＠](?<=(?:^|[;\t\r\n])[\s\p{C}\p{Z}\p{M}"]*.)/gu;

/** @returns the text with an apostrophe before each character that could start a formula. */
export function withoutFormulas(text: string): string {
  return text.replaceAll(formula, "'$&");
}

/**
 * Writes records as CSV (RFC 4180) with a header. Every cell is quoted; null becomes an empty cell.
 *
 * @param records a stream of objects with the columns as keys.
 */
export function writeCsv(records: Readable, columns: readonly string[]): Readable {
  const lines = stringify({
    header: true,
    columns: [...columns],
    quoted: true,
    quoted_empty: true,
    record_delimiter: 'windows',
    cast: { string: withoutFormulas },
  });
  records.on('error', (error) => lines.destroy(error));
  lines.on('close', () => records.destroy());
  return records.pipe(lines);
}
