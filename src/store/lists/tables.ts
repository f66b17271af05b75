import { z } from 'zod';
import { Prisma, type Batch, type Campaign, type Post } from '../generated/prisma/client.ts';
import type { Column } from './paging.ts';

/** Rows that lists are made of, by their table. */
export type RowOf = { campaigns: Campaign; batches: Batch; posts: Post };
export type Table = keyof RowOf;

/** What a list reads of its rows, besides what it always reads and what orders it; undefined: every column. */
export type Columns<Row> = readonly (keyof Row & string)[] | undefined;

type TableOf<Name extends Table> = {
  columns: readonly (keyof RowOf[Name] & string)[];
  /** Read of every row. */
  always: readonly (keyof RowOf[Name] & string)[];
  /** What its rows can be sorted by. Each needs an index on `(owner, column, id)`, and one for each kind before it. */
  orders: readonly (Column & keyof RowOf[Name])[];
  /** Columns that point to a row with a list of these rows. */
  parents: readonly ('campaignId' | 'batchId')[];
  /** SQL behind a column that the drivers cannot read as it is: as text, arrays of our enums are what Prisma makes of them. */
  casts: { readonly [Column in keyof RowOf[Name]]?: `::${string}` };
  /** Columns of type bigint, which drivers return as text, PGlite small ones as numbers. */
  largeIntegers: readonly (keyof RowOf[Name])[];
};

/** What lists have to know of each table. */
export const tables = {
  campaigns: {
    columns: Object.values(Prisma.CampaignScalarFieldEnum),
    always: ['id', 'deletedAt'],
    orders: ['createdAt', 'updatedAt', 'name'],
    parents: [],
    casts: {},
    largeIntegers: [],
  },
  batches: {
    columns: Object.values(Prisma.BatchScalarFieldEnum),
    always: ['id'],
    orders: ['createdAt', 'postCount'],
    parents: ['campaignId'],
    casts: {},
    largeIntegers: ['maxCostMicros', 'committedMicros'],
  },
  posts: {
    columns: Object.values(Prisma.PostScalarFieldEnum),
    always: ['id'],
    orders: ['createdAt', 'position'],
    parents: ['campaignId', 'batchId'],
    casts: { pinnedFields: '::text[]' },
    largeIntegers: [],
  },
} as const satisfies { [Name in Table]: TableOf<Name> };

export type OrderOf<Name extends Table> = {
  by: (typeof tables)[Name]['orders'][number];
  direction: 'ASC' | 'DESC';
};
export type ParentOf<Name extends Table> = (typeof tables)[Name]['parents'][number];

const largeInteger = z.union([z.string(), z.number(), z.bigint()]).nullish();

/** Makes bigints of the columns of that type, in place. */
export function restoreLargeIntegers(name: Table, rows: readonly object[]): void {
  for (const column of tables[name].largeIntegers) {
    for (const row of rows) {
      const value = largeInteger.parse(Reflect.get(row, column));
      if (value != null) Reflect.set(row, column, BigInt(value));
    }
  }
}

/** The columns of a SELECT from the table `t`. @param also read besides `columns`. */
export function selectList(
  name: Table,
  columns: readonly string[] | undefined,
  also: readonly string[] = [],
): string {
  const { casts }: { casts: Readonly<Record<string, string>> } = tables[name];
  const names = new Set<string>([...tables[name].always, ...also, ...(columns ?? tables[name].columns)]);
  return [...names].map((column) => `t."${column}"${casts[column] ?? ''}`).join(', ');
}
