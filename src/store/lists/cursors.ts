import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { InvalidInputError } from '../../domain/errors/errors.ts';
import { plainText } from '../../domain/validation.ts';

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

/** A row's position in an order: the column's value, and the id that decides between equal ones. */
export type SortKey = { value: string | number; id: string };

/** The longest value in a cursor is a name of 120 characters, of up to six bytes each in JSON. */
const maxCursorCharacters = 1_500;
const cursorSchema = z.tuple([z.string(), z.union([z.string(), z.number()]), z.uuid()]);

/** @returns a short hash of a list's identity. It is no protection: rows are always read by owner. */
export function markOf({ name, ownerId, filter, order }: List): string {
  const text = JSON.stringify([name, ownerId, order.by, order.direction, filter]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 12);
}

function plain(value: Date | string | number): string | number {
  return value instanceof Date ? value.toISOString() : value;
}

/** @returns the cursor of a row: its list's mark, the value of the column that orders it, and its id. */
export function writeCursor(mark: string, value: Date | string | number, id: string): string {
  const position: z.infer<typeof cursorSchema> = [mark, plain(value), id];
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/**
 * Checks a cursor that a client sent.
 *
 * @param mark returns the mark of its list.
 * @param path the argument's name.
 * @throws InvalidInputError for what is no cursor, and for a cursor of another list.
 */
export function readCursor(
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
