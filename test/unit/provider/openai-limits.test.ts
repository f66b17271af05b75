import { expect, it } from 'vitest';
import { readLimits } from '../../../src/provider/openai/limits.ts';

it.each([
  ['500', 500],
  ['Infinity', undefined],
  ['1e400', undefined],
  ['-5', undefined],
  ['0', undefined],
  ['0.0001', undefined],
  ['soon', undefined],
  ['', undefined],
])('a limit of "%s" a minute is taken as %s', (header, requests) => {
  expect(readLimits(new Headers({ 'x-ratelimit-limit-requests': header }))).toEqual({
    requests,
    tokens: undefined,
    images: undefined,
  });
});
