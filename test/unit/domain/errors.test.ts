import { expect, it } from 'vitest';
import { InvalidInputError } from '../../../src/domain/errors/errors.ts';

it('names 20 bad fields at most, and says how many more there are', () => {
  const faults = Array.from({ length: 50_000 }, (_, place) => ({
    path: `input.hashtags.${place}`,
    message: 'no',
  }));
  const { fields, message } = new InvalidInputError(faults);
  expect(fields).toHaveLength(20);
  expect(message).toMatch(/input\.hashtags\.19: no; and 49980 more$/);
});
