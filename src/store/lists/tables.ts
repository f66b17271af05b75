import { z } from 'zod';
import {
  Prisma,
  type Batch,
  type Brand,
  type Campaign,
  type PlanItem,
  type Post,
} from '../generated/prisma/client.ts';
import type { Column, Direction } from './cursors.ts';

/** The row type of each table with lists. */
export type RowOf = {
  campaigns: Campaign;
  batches: Batch;
  planItems: PlanItem;
  posts: Post;
  brands: Brand;
};
export type Table = keyof RowOf;

/** The columns to read, besides `always` and the order's; undefined: all. */
export type Columns<Row> = readonly (keyof Row & string)[] | undefined;

type TableOf<Name extends Table> = {
  /** Its name in SQL. */
  sqlName: string;
  columns: readonly (keyof RowOf[Name] & string)[];
  /** Columns that are always read. */
  always: readonly (keyof RowOf[Name] & string)[];
  /** The columns that rows can be sorted by. Each needs an index on `(owner, column, id)` and one with the kinds before the column. */
  orders: readonly (Column & keyof RowOf[Name])[];
  /** The order where none is asked for. */
  defaultOrder: { by: Column & keyof RowOf[Name]; direction: Direction };
  /** Columns with the id of a parent that has a list of these rows. */
  parents: readonly ('campaignId' | 'batchId')[];
  /** SQL casts for columns that the drivers cannot parse: an array of enums, read as text, equals what Prisma returns. */
  casts: { readonly [Column in keyof RowOf[Name]]?: `::${string}` };
  /** Columns of type bigint. Drivers return them as text or number. */
  largeIntegers: readonly (keyof RowOf[Name])[];
};

const newestFirst = { by: 'createdAt', direction: 'DESC' } as const;

/** The tables with lists. */
export const tables = {
  campaigns: {
    sqlName: 'campaigns',
    columns: Object.values(Prisma.CampaignScalarFieldEnum),
    always: ['id', 'deletedAt'],
    orders: ['createdAt', 'updatedAt', 'name'],
    defaultOrder: newestFirst,
    parents: [],
    casts: {},
    largeIntegers: [],
  },
  batches: {
    sqlName: 'batches',
    columns: Object.values(Prisma.BatchScalarFieldEnum),
    always: ['id', 'deletedAt'],
    orders: ['createdAt', 'postCount'],
    defaultOrder: newestFirst,
    parents: ['campaignId'],
    casts: { channels: '::text[]' },
    largeIntegers: ['maxCostMicros', 'committedMicros'],
  },
  planItems: {
    sqlName: 'plan_items',
    columns: Object.values(Prisma.PlanItemScalarFieldEnum),
    always: ['id'],
    orders: ['position'],
    defaultOrder: { by: 'position', direction: 'ASC' },
    parents: ['batchId'],
    casts: {},
    largeIntegers: [],
  },
  posts: {
    sqlName: 'posts',
    columns: Object.values(Prisma.PostScalarFieldEnum),
    always: ['id'],
    orders: ['createdAt', 'position'],
    defaultOrder: newestFirst,
    parents: ['campaignId', 'batchId'],
    casts: { pinnedFields: '::text[]' },
    largeIntegers: [],
  },
  brands: {
    sqlName: 'brands',
    columns: Object.values(Prisma.BrandScalarFieldEnum),
    always: ['id'],
    orders: ['createdAt', 'updatedAt', 'name'],
    defaultOrder: newestFirst,
    parents: [],
    casts: {},
    largeIntegers: [],
  },
} as const satisfies { [Name in Table]: TableOf<Name> };

/** Whether a row is being deleted, which takes several parts. It is then only visible through rows that refer to it. */
export function isBeingDeleted(row: RowOf[Table]): boolean {
  return 'deletedAt' in row && row.deletedAt !== null;
}

export type OrderOf<Name extends Table> = {
  by: (typeof tables)[Name]['orders'][number];
  direction: 'ASC' | 'DESC';
};
export type ParentOf<Name extends Table> = (typeof tables)[Name]['parents'][number];

const largeInteger = z.union([z.string(), z.number(), z.bigint()]).nullish();

/** Converts bigint columns of these rows to BigInt, in place. */
export function restoreLargeIntegers(name: Table, rows: readonly object[]): void {
  for (const column of tables[name].largeIntegers) {
    for (const row of rows) {
      const value = largeInteger.parse(Reflect.get(row, column));
      if (value != null) Reflect.set(row, column, BigInt(value));
    }
  }
}

/** SQL: the columns of a SELECT from table `t`. @param also columns to read besides `columns`. */
export function selectList(
  name: Table,
  columns: readonly string[] | undefined,
  also: readonly string[] = [],
): string {
  const { casts }: { casts: Readonly<Record<string, string>> } = tables[name];
  const names = new Set<string>([...tables[name].always, ...also, ...(columns ?? tables[name].columns)]);
  return [...names].map((column) => `t."${column}"${casts[column] ?? ''}`).join(', ');
}
