import { CsvError, parse } from 'csv-parse/sync';
import { z } from 'zod';
import { itemParts, maxItemCharacters, type Item } from './domain/plans/item.ts';
import { text } from './domain/validation.ts';

/** What a row gives of a plan item. */
export type Row = { [Part in keyof Item]?: string };

/** What is wrong with one cell. `line` and `column` count from 1. */
export type RowFault = { line: number; column: number; message: string };

/** The rows of a file that can be used, and what is wrong with the others. */
export type CsvRows = { rows: Row[]; badRows: number; faults: RowFault[] };

/** A file whose rows cannot be read at all. */
export class CsvFileError extends Error {
  override readonly name = 'CsvFileError';
  /** The line that says why, from 1. */
  readonly line: number;

  constructor(line: number, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.line = line;
  }
}

const recordsSchema = z.array(z.object({ record: z.array(z.string()), info: z.object({ lines: z.int() }) }));

/**
 * Reads the rows of a plan: CSV (RFC 4180) in UTF-8, with commas, semicolons or tabs, and with a header that names the parts. Empty
 * cells are left out, and so are rows without any text.
 *
 * @throws CsvFileError
 */
export function readRows(file: Uint8Array): CsvRows {
  const [header, ...records] = recordsOf(decode(file));
  if (header === undefined) throw new CsvFileError(1, `is empty: its first line names columns of ${named}`);
  const parts = partsOf(header.cells);
  const found: CsvRows = { rows: [], badRows: 0, faults: [] };
  for (const { line, cells } of records) {
    const { row, faults } = readRow(cells, parts);
    if (faults.length === 0) found.rows.push(row);
    else found.badRows += 1;
    found.faults.push(...faults.map((fault) => ({ line, ...fault })));
  }
  return found;
}

function decode(file: Uint8Array): string {
  try {
    // Lines end alike, so that the parser counts them alike within quotes.
    return new TextDecoder('utf-8', { fatal: true }).decode(file).replaceAll(/\r\n?/g, '\n');
  } catch (cause) {
    throw new CsvFileError(1, 'is not in UTF-8: save it as “CSV UTF-8”', { cause });
  }
}

function recordsOf(content: string): { line: number; cells: string[] }[] {
  const [header = ''] = content.split('\n', 1);
  let lastLine = 0;
  try {
    const records = parse(content, {
      delimiter: [',', ';', '\t'].find((delimiter) => header.includes(delimiter)) ?? ',',
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      on_record(record: string[], { lines }) {
        lastLine = lines;
        return record;
      },
    });
    return recordsSchema.parse(records).map(({ record: cells, info }) => ({
      // The parser tells the last line of a record.
      line: info.lines - (cells.join('').split('\n').length - 1),
      cells,
    }));
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    if (cause.code === 'CSV_QUOTE_NOT_CLOSED')
      throw new CsvFileError(lastLine + 1, 'has a quote that is not closed', { cause });
    throw new CsvFileError(Number(cause['lines'] ?? 1), 'has a quote in the middle of a cell', { cause });
  }
}

const named = itemParts.join(', ');
const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z]/g, '');
const partByName = new Map(itemParts.map((part) => [plain(part), part]));

/** @returns the part of each column. @throws CsvFileError */
function partsOf(header: readonly string[]): (keyof Item)[] {
  const parts = header.map((name, index) => {
    const part = partByName.get(plain(name));
    if (part === undefined)
      throw new CsvFileError(1, `column ${index + 1}: “${name.trim()}” is none of ${named}`);
    return part;
  });
  const twice = parts.find((part, index) => parts.indexOf(part) < index);
  if (twice !== undefined) throw new CsvFileError(1, `has two columns for ${twice}`);
  return parts;
}

function readRow(cells: readonly string[], parts: readonly (keyof Item)[]) {
  const row: Row = {};
  const faults: Omit<RowFault, 'line'>[] = [];
  if (cells.length !== parts.length) {
    const message = `must have as many cells as the header, ${parts.length}, and has ${cells.length}`;
    return { row, faults: [{ column: Math.min(cells.length, parts.length) + 1, message }] };
  }
  for (const [index, part] of parts.entries()) {
    const cell = cells[index] ?? '';
    if (cell.trim() === '') continue;
    const { data, error } = text(maxItemCharacters[part]).safeParse(cell);
    if (data !== undefined) row[part] = data;
    else
      faults.push(
        ...error.issues.map(({ message }) => ({ column: index + 1, message: `${part}: ${message}` })),
      );
  }
  return { row, faults };
}
