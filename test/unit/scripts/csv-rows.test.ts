import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { readRows } from '../../../src/csv-rows.ts';

const read = (text: string) => readRows(Buffer.from(text));

describe('rows of a CSV file', () => {
  it('are read by the names of their columns, in any order, case and spelling', () => {
    const { rows, faults } = read('Scene,key_message,Angle\na lamp,it is safe,light\n');
    expect(rows).toEqual([{ scene: 'a lamp', keyMessage: 'it is safe', angle: 'light' }]);
    expect(faults).toEqual([]);
  });

  it('leave out what is empty: cells, lines, and rows of a spreadsheet without text', () => {
    expect(read('angle,hook\nlight, \n\n,\ndusk,early\n').rows).toEqual([
      { angle: 'light' },
      { angle: 'dusk', hook: 'early' },
    ]);
  });

  it.each([
    ['semicolons, as spreadsheets in Europe write them', 'angle;hook\nlight, and dusk;early\n'],
    ['tabs', 'angle\thook\nlight, and dusk\tearly\n'],
    ['quotes, and a byte order mark', '\ufeffangle,hook\r\n"light, and dusk",early\r\n'],
  ])('may have %s', (_, text) => {
    expect(read(text).rows).toEqual([{ angle: 'light, and dusk', hook: 'early' }]);
  });

  it('that are bad are named by line and column, and the others are kept', () => {
    const long = 'x'.repeat(121);
    const { rows, badRows, faults } = read(
      `hook,angle\r\n"two\r\nlines",light\r\nearly,${long}\r\n\r\nno cell\r\na,b,c\r\nlate,dusk\r\n`,
    );
    expect(rows).toEqual([
      { hook: 'two\nlines', angle: 'light' },
      { hook: 'late', angle: 'dusk' },
    ]);
    expect(badRows).toBe(3);
    expect(faults).toEqual([
      { line: 4, column: 2, message: 'angle: must have at most 120 characters' },
      { line: 6, column: 2, message: 'must have as many cells as the header, 2, and has 1' },
      { line: 7, column: 3, message: 'must have as many cells as the header, 2, and has 3' },
    ]);
  });

  it.each([
    ['is empty', '', 1, /^is empty/],
    ['has a column that is no part', 'angle,colour\na,b\n', 1, /^column 2: “colour” is none of angle/],
    ['has a part twice', 'angle,Angle\na,b\n', 1, /^has two columns for angle/],
    ['has a quote that is not closed', 'angle\na\n"b\nc\n', 3, /^has a quote that is not closed/],
    ['has a quote within a cell', 'angle\na\nb"c\n', 3, /^has a quote in the middle/],
  ])('are refused together if the file %s', (_, text, line, message) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ line, message: expect.stringMatching(message) }),
    );
  });

  it('are refused in another encoding than UTF-8', () => {
    expect(() => readRows(Buffer.from('angle\nfür\n', 'latin1'))).toThrow('is not in UTF-8');
  });
});
