import { expect, it } from 'vitest';
import { createStatements, rowMaker } from '../../../src/store/statements.ts';

it('knows a statement by its text, and never gives one name to two', () => {
  const statementOf = createStatements();
  const names = Array.from({ length: 1_000 }, (_, place) => statementOf(`SELECT ${place}`)?.name);
  const given = names.filter((name) => name !== undefined);
  expect(new Set(given).size).toBe(given.length);
  expect(given.length).toBeGreaterThanOrEqual(300);
  expect(statementOf('SELECT 1')?.name).toBe(names[1]);
});

it('keeps what is in use, whatever else is asked', () => {
  const statementOf = createStatements();
  const hot = statementOf('SELECT hot');
  for (let place = 0; place < 10_000; place += 1) {
    expect(statementOf('SELECT hot')).toBe(hot);
    statementOf(`SELECT ${place}`);
  }
});

it.each([
  ['a statement that is kept', createStatements()('SELECT')],
  ['one that is not', undefined],
])('makes rows of %s', (_what, statement) => {
  const make = rowMaker<object>(statement, [{ name: 'id' }, { name: 'a "b"' }]);
  expect([make([1, null]), make([2, 'x'])]).toEqual([
    { id: 1, 'a "b"': null },
    { id: 2, 'a "b"': 'x' },
  ]);
});
