import { expect, it } from 'vitest';
import { createStatementNames } from '../../../src/store/statement-names.ts';

it('knows a statement by its text, and never gives one name to two', () => {
  const nameOf = createStatementNames();
  const names = Array.from({ length: 1_000 }, (_, place) => nameOf(`SELECT ${place}`));
  const given = names.filter((name) => name !== undefined);
  expect(new Set(given).size).toBe(given.length);
  expect(given.length).toBeGreaterThanOrEqual(300);
  expect(nameOf('SELECT 1')).toBe(names[1]);
});

it('keeps what is in use, whatever else is asked', () => {
  const nameOf = createStatementNames();
  const hot = nameOf('SELECT hot');
  for (let place = 0; place < 10_000; place += 1) {
    expect(nameOf('SELECT hot')).toBe(hot);
    nameOf(`SELECT ${place}`);
  }
});
