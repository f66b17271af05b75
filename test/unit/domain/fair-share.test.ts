import { expect, it } from 'vitest';
import { firstQueuePosition } from '../../../src/domain/runs/fair-share.ts';

it('starts an idle queue at the first turn', () => {
  expect(firstQueuePosition({})).toBe(0);
});

it('puts an owner without a backlog at the turn that is being served, however long the others’ backlogs are', () => {
  expect(firstQueuePosition({ serving: 40 })).toBe(40);
});

it('puts an owner with a backlog behind it', () => {
  expect(firstQueuePosition({ serving: 40, ownLast: 999 })).toBe(1000);
});

it('gives no credit for a backlog that was served long ago', () => {
  expect(firstQueuePosition({ serving: 40, ownLast: 12 })).toBe(40);
});
