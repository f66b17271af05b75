import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { InvalidInputError } from '../../domain/errors/errors.ts';
import { plainText } from '../../domain/validation.ts';

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

export type Direction = 'ASC' | 'DESC';

/** A timestamp in a cursor, in milliseconds. PostgreSQL has no year 0. */
const timestamp = z.iso
  .datetime({ precision: 3 })
  .refine((text) => !text.startsWith('0000'), 'must have a year from 1 on');

/** The columns that rows can be sorted by: the schema of their value in a cursor, and their SQL type. */
export const sortColumns = {
  createdAt: { schema: timestamp, type: 'timestamptz' },
  updatedAt: { schema: timestamp, type: 'timestamptz' },
  name: { schema: plainText, type: 'text' },
  position: { schema: z.int32(), type: 'int' },
  postCount: { schema: z.int32(), type: 'int' },
} as const;

export type Column = keyof typeof sortColumns;

/**
 * The identity of a list. A cursor is valid only for the same name, owner, filter and order.
 */
export type List<By extends Column = Column> = {
  name: string;
  ownerId: string;
  /** The parsed filter. Equal filters have equal JSON. */
  filter: object;
  /** The id decides between equal values. */
  order: { by: By; direction: Direction };
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

/** A row's position in an order: the column's value, and the id that decides between equal ones. */
export type SortKey = { value: string | number; id: string };

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

/** The longest value in a cursor is a name of 120 characters, of up to six bytes each in JSON. */
const maxCursorCharacters = 1_500;
const cursorSchema = z.tuple([z.string(), z.union([z.string(), z.number()]), z.uuid()]);

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
  const after = sortKeyOf(by, mark, 'after', args.after);
  const before = sortKeyOf(by, mark, 'before', args.before);
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
      const cursorOf = (row: (typeof rows)[number]) => encode([mark(), plain(row[by]), row.id]);
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

function pageSize(path: 'first' | 'last', size: number): number {
  if (size >= 1 && size <= maxPageSize) return size;
  throw new InvalidInputError([{ path, message: `must be from 1 to ${maxPageSize}` }]);
}

/** @returns a short hash of a list's identity. It is no protection: rows are always read by owner. */
function markOf({ name, ownerId, filter, order }: List): string {
  const text = JSON.stringify([name, ownerId, order.by, order.direction, filter]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 12);
}

function plain(value: Date | string | number): string | number {
  return value instanceof Date ? value.toISOString() : value;
}

function encode(position: z.infer<typeof cursorSchema>): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

function sortKeyOf(
  by: Column,
  mark: () => string,
  path: 'after' | 'before',
  cursor: string | null | undefined,
): SortKey | undefined {
  if (cursor == null) return undefined;
  const position = decode(cursor);
  const value = sortColumns[by].schema.safeParse(position?.[1]);
  if (position === undefined || !value.success) {
    throw new InvalidInputError([{ path, message: 'must be a cursor of this list' }]);
  }
  if (position[0] !== mark()) {
    const message =
      'must be a cursor of this list: with the same filter, the same order and the same workspace';
    throw new InvalidInputError([{ path, message }]);
  }
  return { value: value.data, id: position[2] };
}

function decode(cursor: string): z.infer<typeof cursorSchema> | undefined {
  if (cursor.length > maxCursorCharacters) return undefined;
  try {
    return cursorSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    return undefined;
  }
}
