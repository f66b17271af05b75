import type { GraphQLResolveInfo } from 'graphql';
import type { Page, PageArgs } from '../services/paging.ts';
import { builder } from './builder.ts';
import { createSelectionReader } from './selections.ts';

/** A page as Relay's connections are resolved from it. */
export type Connection<Row> = ReturnType<typeof toConnection<Row>>;

/** @throws Error for a row that must be there: the database keeps what it points to. */
export function present<Row>(row: Row | null): Row {
  if (row === null) throw new Error('a row that another one points to is gone');
  return row;
}

const asksForMore = createSelectionReader((fields) => fields.some(({ name }) => name.value === 'pageInfo'));

/** The page that a connection asks for. */
export function pageOf({ first, after, last, before }: PageArgs, info: GraphQLResolveInfo): PageArgs {
  return { first, after, last, before, asksForMore: asksForMore(info) };
}

/**
 * Puts a page into Relay's shape.
 *
 * @param count how many rows the whole list has; asked only where the client asks.
 */
export function toConnection<Row>(page: Page<Row>, count: () => Promise<number>) {
  return new PageConnection(page, count);
}

class PageConnection<Row> {
  readonly #page: Page<Row>;
  readonly count: () => Promise<number>;

  constructor(page: Page<Row>, count: () => Promise<number>) {
    this.#page = page;
    this.count = count;
  }

  get edges() {
    return this.#page.edges;
  }

  get pageInfo() {
    const { edges, hasNextPage, hasPreviousPage } = this.#page;
    return {
      hasNextPage: asked(hasNextPage),
      hasPreviousPage: asked(hasPreviousPage),
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    };
  }
}

/** @throws Error for what nobody seemed to ask for. */
function asked<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('pageInfo was not asked for');
  return value;
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
