import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { InvalidInputError } from '../../domain/errors/errors.ts';
import { plainText } from '../../domain/validation.ts';

/** No list answers with more entries at once. */
export const maxPageSize = 100;
const defaultPageSize = 20;

/** Which page of a list: Relay's arguments, and whether its reader wants to know if there is more. */
export type PageArgs = {
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
  /** False spares reading a row more; true by default. */
  asksForMore?: boolean;
};

export type Direction = 'ASC' | 'DESC';

/** A moment as cursors have it: in milliseconds. PostgreSQL has no year 0. */
const moment = z.iso
  .datetime({ precision: 3 })
  .refine((text) => !text.startsWith('0000'), 'must have a year from 1 on');

/** What rows can be sorted by, and how a cursor says where. */
const columns = {
  createdAt: moment,
  updatedAt: moment,
  name: plainText,
  position: z.int32(),
  postCount: z.int32(),
} as const;

export type Column = keyof typeof columns;

/**
 * One list as its reader sees it. A cursor belongs to all of it: to the name, the owner, the filter and the order.
 */
export type List<By extends Column = Column> = {
  name: string;
  ownerId: string;
  /** What narrows the list, parsed; equal filters are equal as JSON. */
  filter: object;
  /** The column it is ordered by; the id decides between equals. */
  order: { by: By; direction: Direction };
};

/** A row with what its list may be ordered by. */
export type Sortable<By extends Column> = { id: string } & Record<By, Date | string | number>;

/** A row and its place; the cursor is made when it is asked for. */
export type Edge<Row> = { readonly node: Row; readonly cursor: string };

export type Page<Row> = {
  edges: Edge<Row>[];
  /** Whether there is more. In the direction that the page is read, undefined where its reader did not want to know. */
  hasNextPage: boolean | undefined;
  hasPreviousPage: boolean | undefined;
};

/** A place in an order: the column's value, and the id that decides between equals. */
export type Place = { value: string | number; id: string };

/** A page to be read: at most `take` rows between two places, from one end on. */
export type Window = {
  by: Column;
  /** Which way rows are read: against the list's direction where the page is counted from its end. */
  reads: Direction;
  /** Rows sort above this place. */
  above: Place | undefined;
  /** Rows sort below this place. */
  below: Place | undefined;
  /** One more than the page has where that is to tell whether there is another one. */
  take: number;
};

/** Cursors hold at most a name of 120 characters, which JSON may write with six bytes each. */
const maxCursorCharacters = 1_500;
const positionSchema = z.tuple([z.string(), z.union([z.string(), z.number()]), z.uuid()]);

/** A page that was asked for: what is to be read for it, and what its readers are shown of that. */
export type PlannedPage<By extends Column = Column> = {
  window: Window;
  /** @param found the window's rows, as they were read. */
  toPage<Row extends Sortable<By>>(found: readonly Row[]): Page<Row>;
};

/**
 * Plans one page of a list by keyset: its cost does not grow with the pages before it, and a row that comes or
 * goes meanwhile moves no other one.
 *
 * @throws InvalidInputError for a size out of 1–100, or a cursor that is none of this very list.
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
  const after = placeOf(by, mark, 'after', args.after);
  const before = placeOf(by, mark, 'before', args.before);
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

/** What two lists do not share. It keeps nobody out: rows are scoped by owner, whatever a cursor says. */
function markOf({ name, ownerId, filter, order }: List): string {
  const text = JSON.stringify([name, ownerId, order.by, order.direction, filter]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 12);
}

function plain(value: Date | string | number): string | number {
  return value instanceof Date ? value.toISOString() : value;
}

function encode(position: z.infer<typeof positionSchema>): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

function placeOf(
  by: Column,
  mark: () => string,
  path: 'after' | 'before',
  cursor: string | null | undefined,
): Place | undefined {
  if (cursor == null) return undefined;
  const position = decode(cursor);
  const value = columns[by].safeParse(position?.[1]);
  if (position === undefined || !value.success) {
    throw new InvalidInputError([{ path, message: 'must be a cursor of this list' }]);
  }
  if (position[0] !== mark()) {
    const message =
      'must be a cursor of this list: with the same filter, the same order and the same account';
    throw new InvalidInputError([{ path, message }]);
  }
  return { value: value.data, id: position[2] };
}

function decode(cursor: string): z.infer<typeof positionSchema> | undefined {
  if (cursor.length > maxCursorCharacters) return undefined;
  try {
    return positionSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    return undefined;
  }
}
