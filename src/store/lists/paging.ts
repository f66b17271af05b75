import { InvalidInputError } from '../../domain/errors/errors.ts';
import {
  markOf,
  readCursor,
  writeCursor,
  type Column,
  type Direction,
  type List,
  type SortKey,
} from './cursors.ts';

/** Rows of a page at most. */
export const maxPageSize = 100;
export const defaultPageSize = 20;

/** Relay's arguments of a page. */
export type PageArgs = {
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
  /** Whether the reader wants to know if there are more rows, which costs reading one more; true by default. */
  asksForMore?: boolean;
};

/** A row with the column that orders its list. */
export type Sortable<By extends Column> = { id: string } & Record<By, Date | string | number>;

/** A row. Its cursor is computed on first use. */
export type Edge<Row> = { readonly node: Row; readonly cursor: string };

export type Page<Row> = {
  edges: Edge<Row>[];
  /** In the direction of reading, undefined if `asksForMore` is false. */
  hasNextPage: boolean | undefined;
  hasPreviousPage: boolean | undefined;
};

/** What to read for a page: at most `take` rows between two sort keys. */
export type Window = {
  by: Column;
  /** The direction of reading: opposite to the list's for a page from the end (`last`). */
  reads: Direction;
  /** Rows sort above this one. */
  above: SortKey | undefined;
  /** Rows sort below this one. */
  below: SortKey | undefined;
  /** One more than the page's size if the reader wants to know whether there are more rows. */
  take: number;
};

/** What to read for a page, and how to build the page from it. */
export type PlannedPage<By extends Column = Column> = {
  window: Window;
  /** Builds the page. @param found the window's rows, in the order of reading. */
  toPage<Row extends Sortable<By>>(found: readonly Row[]): Page<Row>;
};

/**
 * Plans one page of a list (keyset pagination). Its cost does not grow with the pages before it, and rows that are added or
 * deleted do not shift the others.
 *
 * @throws InvalidInputError for a size outside 1–100, or a cursor of another list.
 */
export function planPage<By extends Column>(list: List<By>, args: PageArgs): PlannedPage<By> {
  if (args.first != null && args.last != null) {
    throw new InvalidInputError([{ path: 'last', message: 'must not stand beside first' }]);
  }
  const { by, direction } = list.order;
  const { asksForMore = true } = args;
  const backwards = args.last != null;
  const size = pageSize(backwards ? 'last' : 'first', args.last ?? args.first ?? defaultPageSize);
  let known: string | undefined;
  const mark = () => (known ??= markOf(list));
  const after = readCursor(by, mark, 'after', args.after);
  const before = readCursor(by, mark, 'before', args.before);
  return {
    window: {
      by,
      reads: backwards ? opposite[direction] : direction,
      above: direction === 'ASC' ? after : before,
      below: direction === 'ASC' ? before : after,
      take: asksForMore ? size + 1 : size,
    },
    toPage(found) {
      const rows = found.length > size ? found.slice(0, size) : found;
      const hasMore = asksForMore ? found.length > size : undefined;
      const cursorOf = (row: (typeof rows)[number]) => writeCursor(mark(), row[by], row.id);
      return {
        edges: (backwards ? rows.toReversed() : rows).map((node) => new LazyEdge(node, cursorOf)),
        hasNextPage: backwards ? args.before != null : hasMore,
        hasPreviousPage: backwards ? hasMore : args.after != null,
      };
    },
  };
}

class LazyEdge<Row> implements Edge<Row> {
  readonly node: Row;
  readonly #cursorOf: (row: Row) => string;

  constructor(node: Row, cursorOf: (row: Row) => string) {
    this.node = node;
    this.#cursorOf = cursorOf;
  }

  get cursor(): string {
    return this.#cursorOf(this.node);
  }
}

const opposite = { ASC: 'DESC', DESC: 'ASC' } as const;

/** @returns the size of a page. @throws InvalidInputError for one outside 1–100. */
export function pageSize(path: 'first' | 'last', size: number): number {
  if (size >= 1 && size <= maxPageSize) return size;
  throw new InvalidInputError([{ path, message: `must be from 1 to ${maxPageSize}` }]);
}
