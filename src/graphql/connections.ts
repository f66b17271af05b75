import type { Page } from '../services/paging.ts';
import { builder } from './builder.ts';

/** A page as Relay's connections are resolved from it. */
export type Connection<Row> = ReturnType<typeof toConnection<Row>>;

/** @throws Error for a row that must be there: the database keeps what it points to. */
export function present<Row>(row: Row | null): Row {
  if (row === null) throw new Error('a row that another one points to is gone');
  return row;
}

/**
 * Puts a page into Relay's shape.
 *
 * @param count how many rows the whole list has; asked only where the client asks.
 */
export function toConnection<Row>(page: Page<Row>, count: () => Promise<number>) {
  const { edges, hasNextPage, hasPreviousPage } = page;
  return {
    edges,
    count,
    pageInfo: {
      hasNextPage,
      hasPreviousPage,
      get startCursor() {
        return edges[0]?.cursor ?? null;
      },
      get endCursor() {
        return edges.at(-1)?.cursor ?? null;
      },
    },
  };
}

export const totalCountOptions = {
  description: 'How many rows the whole list has. Counted only where it is asked for.',
  resolve: ({ count }: { count: () => Promise<number> }) => count(),
};

export const DirectionEnum = builder.enumType('OrderDirection', {
  description: 'Which end of an order comes first.',
  values: {
    ASC: { description: 'The smallest or oldest first.' },
    DESC: { description: 'The largest or newest first.' },
  },
});

export const TimeRangeInput = builder.inputType('TimeRange', {
  description: 'A span of time; a side that is left out is open.',
  fields: (t) => ({
    since: t.field({ type: 'DateTime', required: false, description: 'From this moment on.' }),
    until: t.field({ type: 'DateTime', required: false, description: 'Before this moment.' }),
  }),
});
