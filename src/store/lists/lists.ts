import { z } from 'zod';
import type { Database } from '../database.ts';
import { Prisma, type Batch, type Campaign, type Post } from '../generated/prisma/client.ts';
import { matching, type Rows } from './filters.ts';
import { ownedRows, type Owner } from '../ownership.ts';
import { pageSql, pagesSql, toArray } from './page-sql.ts';
import {
  planPage,
  type Column,
  type List,
  type Page,
  type PageArgs,
  type PlannedPage,
  type Sortable,
} from './paging.ts';

/** How lists are ordered unless their reader wants otherwise, and lists within lists always. */
export const newestFirst = { by: 'createdAt', direction: 'DESC' } as const;

/** A planned page of what hangs on one parent. */
export type PageOf = { parentId: string } & PlannedPage<'createdAt'>;

type RowOf = { campaigns: Campaign; batches: Batch; posts: Post };
type Table = keyof RowOf;

/** What is read of each row, besides its id, what orders it, and whether it is being deleted; undefined: all of it. */
export type Columns<Row> = readonly (keyof Row & string)[] | undefined;

const allColumns: { [Name in Table]: (keyof RowOf[Name] & string)[] } = {
  campaigns: Object.values(Prisma.CampaignScalarFieldEnum),
  batches: Object.values(Prisma.BatchScalarFieldEnum),
  posts: Object.values(Prisma.PostScalarFieldEnum),
};

/** Read of every row. */
const always: { [Name in Table]: (keyof RowOf[Name] & string)[] } = {
  campaigns: ['id', 'deletedAt'],
  batches: ['id'],
  posts: ['id'],
};

/** Drivers know no arrays of our enums; as text they are what Prisma makes of them. */
const casts: Readonly<Record<string, string>> = { pinnedFields: '::text[]' };
/** Nor do they agree on large integers. */
const largeIntegers = ['maxCostMicros', 'committedMicros'];

/**
 * The rows of one table by their ids and as pages, on prepared SQL: most requests wait for these. Rows are those that
 * Prisma reads (test/integration/lists/lists-of-rows.test.ts), and only the owner's.
 */
export function createLists<Name extends Table>(database: Pick<Database, 'query'>, name: Name) {
  type Row = RowOf[Name];
  const table = Prisma.raw(name);
  const owned = (owner: Owner) => ownedRows(owner, 't');
  const all = allColumns[name];

  /** One text for each selection: PostgreSQL's driver knows it again by what it is, not by what it says. */
  const findTexts = new WeakMap<object, string>();

  function findText(columns: Columns<Row>): string {
    const key = columns ?? all;
    let text = findTexts.get(key);
    if (text === undefined) {
      text = `SELECT ${read(columns)} FROM ${name} t WHERE t.id = ANY($1::uuid[]) AND t."ownerId" = $2::uuid`;
      findTexts.set(key, text);
    }
    return text;
  }

  function read(columns: Columns<Row>, also: readonly string[] = []): string {
    const names = new Set<string>([...always[name], ...also, ...(columns ?? all)]);
    return [...names].map((column) => `t."${column}"${casts[column] ?? ''}`).join(', ');
  }

  async function rowsOf<Read extends object>({
    text,
    values,
  }: Pick<Prisma.Sql, 'text' | 'values'>): Promise<Read[]> {
    const rows = await database.query<Read>(text, values);
    if (name === 'batches') for (const row of rows) restoreLargeIntegers(row);
    return rows;
  }

  return {
    /** @returns in the order of the ids; null for an absent row and for somebody else's alike. */
    async findAll(owner: Owner, ids: readonly string[], columns?: Columns<Row>): Promise<(Row | null)[]> {
      const rows = await rowsOf<Row>({
        text: findText(columns),
        values: [toArray([...new Set(ids)]), owner.workspaceId],
      });
      const byId = new Map(rows.map((row) => [row.id, row]));
      return ids.map((id) => byId.get(id) ?? null);
    },

    /** @param rows which ones, as `t`. @throws InvalidInputError for arguments that make no page. */
    async page<By extends Column>(
      list: List<By>,
      args: PageArgs,
      rows: Rows,
      columns?: Columns<Row>,
    ): Promise<Page<Row & Sortable<By>>> {
      const { window, toPage } = planPage(list, args);
      const sql = pageSql(table, Prisma.raw(read(columns, [window.by])), rows, window);
      return toPage(await rowsOf<Row & Sortable<By>>(sql));
    },

    async count(rows: Rows): Promise<number> {
      const [row] = await rowsOf<{ count: number }>(Prisma.sql`
        SELECT count(*)::int AS count FROM ${table} t WHERE ${matching(rows)}`);
      return row?.count ?? 0;
    },

    /** Pages of the rows of several parents, in one statement. @param parent the column that names them. */
    async pagesOf(
      owner: Owner,
      parent: 'campaignId' | 'batchId',
      wanted: readonly PageOf[],
      columns?: Columns<Row>,
    ): Promise<Page<Row>[]> {
      const names = Prisma.raw(read(columns, ['createdAt']));
      const sql = pagesSql(table, names, Prisma.raw(`"${parent}"`), owned(owner), wanted);
      const rows = await rowsOf<Row & { place: number }>(sql);
      const byPlace = Map.groupBy(rows, ({ place }) => place);
      return wanted.map(({ toPage }, place) => toPage(byPlace.get(place) ?? []));
    },

    /** How many rows each of these parents has, in one statement. */
    async countsOf(
      owner: Owner,
      parent: 'campaignId' | 'batchId',
      ids: readonly string[],
    ): Promise<number[]> {
      const column = Prisma.raw(`t."${parent}"`);
      const rows = await rowsOf<{ id: string; count: number }>(Prisma.sql`
        SELECT ${column} AS id, count(*)::int AS count FROM ${table} t
        WHERE ${column} = ANY(${[...ids]}::uuid[]) AND ${owned(owner)} GROUP BY 1`);
      const counts = new Map(rows.map(({ id, count }) => [id, count]));
      return ids.map((id) => counts.get(id) ?? 0);
    },
  };
}

/** As drivers bring them: as text, PGlite small ones as numbers. */
const largeInteger = z.union([z.string(), z.number(), z.bigint()]).nullish();

function restoreLargeIntegers(row: object): void {
  for (const column of largeIntegers) {
    const value = largeInteger.parse(Reflect.get(row, column));
    if (value != null) Reflect.set(row, column, BigInt(value));
  }
}
