import { expect, it } from 'vitest';
import { costMicros, dollars, listPrice, micros } from '../../../src/domain/money/pricing.ts';

it('prices a call by what it sent and what it received', () => {
  const price = { input: 0.75, output: 4.5 };
  expect(costMicros(price, { inputTokens: 1_000_000, outputTokens: 0 })).toBe(750_000n);
  expect(costMicros(price, { inputTokens: 0, outputTokens: 1_000_000 })).toBe(4_500_000n);
});

it('rounds a call up to the millionth of a dollar, so that no budget is passed by rounding', () => {
  expect(costMicros({ input: 0.2, output: 1.25 }, { inputTokens: 1, outputTokens: 0 })).toBe(1n);
  expect(costMicros({ input: 0.2, output: 1.25 }, { inputTokens: 0, outputTokens: 0 })).toBe(0n);
});

it('keeps dollars exact to the millionth on their way there and back', () => {
  for (const amount of [0.000001, 0.1, 0.3, 1.15, 999_999.999999])
    expect(dollars(micros(amount))).toBe(amount);
});

it('knows the price of the default models, and of no model that it never heard of', () => {
  expect(listPrice('gpt-5.4-mini')).toBeDefined();
  expect(listPrice('gpt-image-2')).toBeDefined();
  expect(listPrice('gpt-unheard-of')).toBeUndefined();
  expect(listPrice('constructor')).toBeUndefined();
});
