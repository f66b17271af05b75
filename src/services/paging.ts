import { Buffer } from 'node:buffer';
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

/** Where a row stands in a list that is ordered by creation, newest first. */
type Position = { createdAt: Date; id: string };

export type Page<Row> = { rows: Row[]; hasNextPage: boolean; hasPreviousPage: boolean };

/** What a query must honour to read one page. `where` is to be joined with the list's own by AND. */
export type Keyset = {
  where: { AND: object[] };
  orderBy: [{ createdAt: 'asc' | 'desc' }, { id: 'asc' | 'desc' }];
  take: number;
};

const positionSchema = z.tuple([z.coerce.date(), z.uuid()]);

/**
 * Reads one page of a list, newest first, by keyset: its cost does not grow with the pages before it.
 *
 * @param query finds the rows for a keyset.
 * @throws InvalidInputError for a size out of 1–100 or a cursor that is none.
 */
export async function readPage<Row extends Position>(
  args: PageArgs,
  query: (keyset: Keyset) => Promise<Row[]>,
): Promise<Page<Row>> {
  if (args.first != null && args.last != null) {
    throw new InvalidInputError([{ path: 'last', message: 'must not stand beside first' }]);
  }
  const backwards = args.last != null;
  const size = pageSize(backwards ? 'last' : 'first', args.last ?? args.first ?? defaultPageSize);
  const direction = backwards ? 'asc' : 'desc';
  const found = await query({
    where: { AND: [...behind('after', args.after, 'lt'), ...behind('before', args.before, 'gt')] },
    orderBy: [{ createdAt: direction }, { id: direction }],
    take: size + 1,
  });
  const rows = found.slice(0, size);
  const hasMore = found.length > size;
  return {
    rows: backwards ? rows.toReversed() : rows,
    hasNextPage: backwards ? args.before != null : hasMore,
    hasPreviousPage: backwards ? hasMore : args.after != null,
  };
}

/** The opaque cursor of a row. */
export function encodeCursor({ createdAt, id }: Position): string {
  return Buffer.from(JSON.stringify([createdAt.toISOString(), id])).toString('base64url');
}

function pageSize(path: 'first' | 'last', size: number): number {
  if (size >= 1 && size <= maxPageSize) return size;
  throw new InvalidInputError([{ path, message: `must be from 1 to ${maxPageSize}` }]);
}

function behind(path: 'after' | 'before', cursor: string | null | undefined, side: 'lt' | 'gt'): object[] {
  if (cursor == null) return [];
  const { createdAt, id } = decodeCursor(path, cursor);
  return [{ OR: [{ createdAt: { [side]: createdAt } }, { createdAt, id: { [side]: id } }] }];
}

function decodeCursor(path: string, cursor: string): Position {
  try {
    const [createdAt, id] = positionSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    return { createdAt, id };
  } catch {
    throw new InvalidInputError([{ path, message: 'must be a cursor of this list' }]);
  }
}
