import type { Readable } from 'node:stream';
import { stringify } from 'csv-stringify';

/**
 * A sign that begins a formula, in full width too, at the beginning of a cell or of what would be a cell where the
 * spreadsheet separates by semicolon, tab or line instead of comma (OWASP, CSV Injection). Nothing that is invisible or
 * a quote counts before it. It looks back from each sign, and no
 * further than to the one before, so that the time grows with the length alone.
 */
const formula = /[=+\-@＝＋－＠](?<=(?:^|[;\t\r\n])[\s\p{C}\p{Z}\p{M}"]*.)/gu;

/** @returns the text with an apostrophe before each sign that a spreadsheet could take for a formula's. */
export function withoutFormulas(text: string): string {
  return text.replaceAll(formula, "'$&");
}

/**
 * Writes records as CSV (RFC 4180) with a header, every cell quoted. A cell that says nothing is an empty one.
 *
 * @param records objects with the columns as keys.
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
