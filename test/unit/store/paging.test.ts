import { describe, expect, it } from 'vitest';
import { planPage } from '../../../src/store/lists/paging.ts';

const list = {
  name: 'posts',
  ownerId: 'owner',
  filter: {},
  order: { by: 'position', direction: 'ASC' },
} as const;
const rows = [1, 2, 3].map((position) => ({ id: `row-${position}`, position }));

describe.each([{ first: 2 }, { last: 2 }])('a page of %o', (size) => {
  it('reads a row more where its reader wants to know if there is more', () => {
    const { window, toPage } = planPage(list, size);
    expect(window.take).toBe(3);
    const { edges, hasNextPage, hasPreviousPage } = toPage(rows);
    expect(edges).toHaveLength(2);
    expect([hasNextPage, hasPreviousPage]).toEqual('first' in size ? [true, false] : [false, true]);
  });

  it('reads no more than it shows where nobody wants to know, and says nothing of it', () => {
    const { window, toPage } = planPage(list, { ...size, asksForMore: false });
    expect(window.take).toBe(2);
    const { edges, hasNextPage, hasPreviousPage } = toPage(rows.slice(0, 2));
    expect(edges).toHaveLength(2);
    expect([hasNextPage, hasPreviousPage]).toEqual('first' in size ? [undefined, false] : [false, undefined]);
  });
});
