import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { InvalidInputError } from '../domain/errors.ts';

/** No list answers with more entries at once. */
export const maxPageSize = 100;
const defaultPageSize = 20;

/** Which page of a list: Relay's arguments. */
export type PageArgs = {
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
};

export type Direction = 'ASC' | 'DESC';

/**
 * One list as its reader sees it. A cursor belongs to all of it: to the name, the owner, the filter and the order.
 */
export type List<Column extends string> = {
  name: string;
  ownerId: string;
  /** What narrows the list, parsed; equal filters are equal as JSON. */
  filter: object;
  /** The column it is ordered by; the id decides between equals. */
  order: { by: Column; direction: Direction };
};

/** A row with what its list may be ordered by. */
type Sortable<Column extends string> = { id: string } & Record<Column, Date | string | number>;

/** A row and its place; the cursor is made when it is asked for. */
export type Edge<Row> = { readonly node: Row; readonly cursor: string };

export type Page<Row> = {
  edges: Edge<Row>[];
  hasNextPage: boolean;
  hasPreviousPage: boolean;
};

/** What a query must honour to read one page: at most `take` rows, in this order, on this side of each bound. */
export type Keyset<Column extends string = string> = {
  by: Column;
  ascending: boolean;
  bounds: { side: 'lt' | 'gt'; value: string | number; id: string }[];
  take: number;
};

const positionSchema = z.tuple([z.string(), z.union([z.string(), z.number()]), z.uuid()]);

/**
 * Reads one page of a list by keyset: its cost does not grow with the pages before it, and a row that comes or
 * goes meanwhile moves no other one.
 *
 * @param query finds the rows for a keyset.
 * @throws InvalidInputError for a size out of 1–100, or a cursor that is none of this very list.
 */
export async function readPage<Column extends string, Row extends Sortable<Column>>(
  list: List<Column>,
  args: PageArgs,
  query: (keyset: Keyset<Column>) => Promise<Row[]>,
): Promise<Page<Row>> {
  return toPage(list, args, await query(keysetOf(list, args)));
}

/** @throws InvalidInputError for a size out of 1–100, or a cursor that is none of this very list. */
export function keysetOf<Column extends string>(list: List<Column>, args: PageArgs): Keyset<Column> {
  if (args.first != null && args.last != null) {
    throw new InvalidInputError([{ path: 'last', message: 'must not stand beside first' }]);
  }
  const { by, direction } = list.order;
  return {
    by,
    ascending: (direction === 'ASC') !== isBackwards(args),
    bounds: [
      ...behind(list, 'after', args.after, direction === 'ASC' ? 'gt' : 'lt'),
      ...behind(list, 'before', args.before, direction === 'ASC' ? 'lt' : 'gt'),
    ],
    take: pageSize(args) + 1,
  };
}

/** Makes a page of the rows that a keyset found. */
export function toPage<Column extends string, Row extends Sortable<Column>>(
  list: List<Column>,
  args: PageArgs,
  found: Row[],
): Page<Row> {
  const backwards = isBackwards(args);
  const size = pageSize(args);
  const rows = found.slice(0, size);
  const hasMore = found.length > size;
  let mark: string | undefined;
  const cursorOf = (node: Row) => encode([(mark ??= markOf(list)), plain(node[list.order.by]), node.id]);
  return {
    edges: (backwards ? rows.toReversed() : rows).map((node) => new LazyEdge(node, cursorOf)),
    hasNextPage: backwards ? args.before != null : hasMore,
    hasPreviousPage: backwards ? hasMore : args.after != null,
  };
}

class LazyEdge<Row> implements Edge<Row> {
  readonly node: Row;
  readonly #cursorOf: (node: Row) => string;

  constructor(node: Row, cursorOf: (node: Row) => string) {
    this.node = node;
    this.#cursorOf = cursorOf;
  }

  get cursor(): string {
    return this.#cursorOf(this.node);
  }
}

/** A keyset as Prisma takes it. `where` is to be joined with the list's own by AND. */
export function forPrisma({ by, ascending, bounds, take }: Keyset) {
  const direction = ascending ? ('asc' as const) : ('desc' as const);
  return {
    where: {
      AND: bounds.map(({ side, value, id }) => ({
        OR: [{ [by]: { [side]: value } }, { [by]: value, id: { [side]: id } }],
      })),
    },
    orderBy: [{ [by]: direction }, { id: direction }],
    take,
  };
}

function isBackwards(args: PageArgs): boolean {
  return args.last != null;
}

function pageSize(args: PageArgs): number {
  const size = args.last ?? args.first ?? defaultPageSize;
  if (size >= 1 && size <= maxPageSize) return size;
  const path = isBackwards(args) ? 'last' : 'first';
  throw new InvalidInputError([{ path, message: `must be from 1 to ${maxPageSize}` }]);
}

/** What two lists do not share. It keeps nobody out: rows are scoped by owner, whatever a cursor says. */
function markOf({ name, ownerId, filter, order }: List<string>): string {
  const text = JSON.stringify([name, ownerId, order.by, order.direction, filter]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 12);
}

function plain(value: Date | string | number): string | number {
  return value instanceof Date ? value.toISOString() : value;
}

function encode(position: z.infer<typeof positionSchema>): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

function behind(
  list: List<string>,
  path: 'after' | 'before',
  cursor: string | null | undefined,
  side: 'lt' | 'gt',
): Keyset['bounds'] {
  if (cursor == null) return [];
  const [mark, value, id] = decode(path, cursor);
  if (mark !== markOf(list)) {
    const message =
      'must be a cursor of this list: with the same filter, the same order and the same account';
    throw new InvalidInputError([{ path, message }]);
  }
  return [{ side, value, id }];
}

function decode(path: string, cursor: string): z.infer<typeof positionSchema> {
  try {
    return positionSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    throw new InvalidInputError([{ path, message: 'must be a cursor of this list' }]);
  }
}
