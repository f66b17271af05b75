import type { GraphQLResolveInfo } from 'graphql';
import { NotFoundError } from '../domain/errors/errors.ts';
import type { Edge, Page, PageArgs } from '../store/lists/paging.ts';
import { builder } from './builder.ts';
import { createSelectionReader } from './selections.ts';

/** @throws NotFoundError where a row that another one points to was deleted, with that one, since that one was read. */
export function present<Row>(row: Row | null, what: string): Row {
  if (row === null) throw new NotFoundError(what, 'id');
  return row;
}

/** What tells whether there is more in the direction that a page is read. */
const asksForMore = createSelectionReader(
  (fields) => fields.some(({ name }) => name.value === 'hasNextPage' || name.value === 'hasPreviousPage'),
  ['pageInfo'],
);

/** The page that a connection's arguments and selection ask for. */
export function pageArgsOf({ first, after, last, before }: PageArgs, info: GraphQLResolveInfo): PageArgs {
  return { first, after, last, before, asksForMore: asksForMore(info) };
}

/** A page in Relay's shape. Classes, as V8 gives each literal that has accessors a hidden class of its own. */
export class Connection<Row> {
  readonly edges: Edge<Row>[];
  readonly pageInfo: PageInfo;
  readonly count: () => Promise<number>;

  /** @param count how many rows the whole list has; asked only where the client asks. */
  constructor(page: Page<Row>, count: () => Promise<number>) {
    this.edges = page.edges;
    this.pageInfo = new PageInfo(page);
    this.count = count;
  }
}

/** Where a page stands; cursors are made when they are asked for. */
class PageInfo {
  readonly #page: Page<unknown>;

  constructor(page: Page<unknown>) {
    this.#page = page;
  }

  get hasNextPage() {
    return asked(this.#page.hasNextPage);
  }

  get hasPreviousPage() {
    return asked(this.#page.hasPreviousPage);
  }

  get startCursor() {
    return this.#page.edges[0]?.cursor ?? null;
  }

  get endCursor() {
    return this.#page.edges.at(-1)?.cursor ?? null;
  }
}

/** @throws Error where the selection was misread: better than a wrong answer. */
function asked(isThere: boolean | undefined): boolean {
  if (isThere === undefined) throw new Error('a page was read without looking for more');
  return isThere;
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
