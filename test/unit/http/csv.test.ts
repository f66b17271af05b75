import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutFormulas, writeCsv } from '../../../src/http/files/csv.ts';
import { expectLinear } from '../../support/cpu.ts';

async function csvOf(cells: Record<string, string | number | null>): Promise<string> {
  const pieces: Buffer[] = await writeCsv(Readable.from([cells]), Object.keys(cells)).toArray();
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece))).toString();
}

/** Cells as a spreadsheet makes them of a line; quotes count at the beginning of a cell only. */
function cellsOf(text: string, separator: string): string[] {
  const cell = new RegExp(`(?:"((?:[^"]|"")*)")?([^${separator}\r\n]*)(?:[${separator}\r\n]|$)`, 'gy');
  const cells: string[] = [];
  while (cell.lastIndex < text.length) {
    const [, quoted = '', rest = ''] = cell.exec(text) ?? [];
    cells.push(quoted.replaceAll('""', '"') + rest);
  }
  return cells;
}

describe('a table', () => {
  it('has every cell in quotes, also numbers and those that say nothing', async () => {
    expect(await csvOf({ a: 'x "y"', b: 1, c: null, d: '' })).toBe(
      '"a","b","c","d"\r\n"x ""y""","1","",""\r\n',
    );
  });

  it.each([',', ';', '\t'])(
    'has no cell that is a formula where spreadsheets separate by %j',
    async (separator) => {
      const invisible = ['', ' ', '\u00a0', '\u200b', '\ufeff', '\u202e', '\u0301', '\0', '"'];
      const piece = fc.constantFrom(
        '=1+1',
        '-2+3',
        '+4',
        '@SUM(1)',
        '＝1',
        ';',
        ',',
        '\t',
        '\n',
        'x',
        ...invisible,
      );
      await fc.assert(
        fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
          const cells = cellsOf(await csvOf({ a: 'first', text: pieces.join('') }), separator);
          for (const cell of cells) expect(cell).not.toMatch(/^[\s\p{C}\p{Z}\p{M}"]*[=+\-@＝＋－＠]/u);
        }),
        { numRuns: 500 },
      );
    },
  );

  it.each(['a - b', 'me@example.com', '1 + 1 = 2', '#tag, @somebody', "'=quoted"])(
    'leaves %j as it is',
    (text) => {
      expect(withoutFormulas(text)).toBe(text);
    },
  );
});

describe('a text of up to a megabyte', () => {
  it.each(['\t', ';', '=', '" ', ';-', '\t=', '\u200b', '\r\n'])(
    'of %j takes time in proportion to its length',
    (piece) => {
      expectLinear((length) => piece.repeat(length / piece.length), withoutFormulas);
    },
  );
});
