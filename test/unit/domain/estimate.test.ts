import { expect, it } from 'vitest';
import { estimateSeconds } from '../../../src/domain/batches/estimate.ts';

const line = {
  postCount: 100,
  queuePosition: 0,
  otherOwners: 0,
  secondsPerPost: 10,
  slots: 10,
  postsPerMinute: 6_000,
};

it('takes one post as long as a post takes', () => {
  expect(estimateSeconds({ ...line, postCount: 1 })).toBe(10);
});

it('moves as fast as slots allow where the provider’s limits are wide', () => {
  expect(estimateSeconds(line)).toBe(99 + 10);
});

it('moves as fast as the provider’s limits allow where there are slots enough', () => {
  expect(estimateSeconds({ ...line, postsPerMinute: 30 })).toBe(198 + 10);
});

it('waits for what stands before it', () => {
  expect(estimateSeconds({ ...line, queuePosition: 50 })).toBe(149 + 10);
});

it('takes turns with other owners', () => {
  expect(estimateSeconds({ ...line, otherOwners: 1 })).toBe(198 + 10);
});
