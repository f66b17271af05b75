import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createMomentWriter, fromPostgresText } from '../../../src/domain/timestamps.ts';

const moment = fc.oneof(
  fc.date({ noInvalidDate: true }),
  // Around the ends of days, of years and of our reckoning.
  fc
    .tuple(
      fc.constantFrom(-62_135_596_800_000, -1, 0, 1_772_323_200_000, 253_402_300_800_000),
      fc.integer({ min: -2000, max: 2000 }),
    )
    .map(([ms, away]) => new Date(ms + away)),
);

it('writes every moment as Date does', () => {
  const write = createMomentWriter();
  fc.assert(
    fc.property(moment, (date) => {
      expect(write(date)).toBe(date.toISOString());
    }),
    { numRuns: 2_000 },
  );
  expect(() => write(new Date(Number.NaN))).toThrow(RangeError);
});

it('reads what PostgreSQL writes of the years 1 to 9999 in UTC', () => {
  const years = fc.date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59.999Z'),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(years, (date) => {
      const text = `${date
        .toISOString()
        .replace('T', ' ')
        .replace(/\.?0*Z$/, '')}+00`;
      // PostgreSQL leaves out the zeros behind the point, never those before it.
      const written = text.length < 22 ? `${date.toISOString().slice(0, 19).replace('T', ' ')}+00` : text;
      expect(fromPostgresText(written)).toEqual(date);
    }),
    { numRuns: 2_000 },
  );
});

it.each([
  '2026-11-22 09:30:00+01',
  '2026-11-22 09:30:00.123456+00',
  '0044-03-15 12:00:00+00 BC',
  'infinity',
  '12026-11-22 09:30:00+00',
])('leaves %s to others', (text) => {
  expect(fromPostgresText(text)).toBeUndefined();
});
