import type { Database } from '../database.ts';
import { Prisma } from '../generated/prisma/client.ts';
import { all, matching, type Rows } from './filters.ts';
import type { Owner } from '../ownership.ts';
import { countsSql, pageSql, pagesSql, toArray, type RowsOfParent } from './page-sql.ts';
import { planPage, type Page, type PageArgs, type PlannedPage, type Sortable } from './paging.ts';
import { type Column, type List } from './cursors.ts';
import {
  restoreLargeIntegers,
  selectList,
  tables,
  type Columns,
  type OrderOf,
  type RowOf,
  type Table,
} from './tables.ts';

/** The default order of lists. */
export const newestFirst = { by: 'createdAt', direction: 'DESC' } as const;

/** A planned page of one parent's rows. */
export type PageOf<Name extends Table> = RowsOfParent & PlannedPage<OrderOf<Name>['by']>;

/**
 * Reads rows of one table by id and in pages, with prepared SQL, because most requests wait for them. Returns the same rows
 * as Prisma, and only those of the given workspace.
 */
export function createLists<Name extends Table>(database: Pick<Database, 'query'>, name: Name) {
  type Row = RowOf[Name];
  const table = Prisma.raw(name);
  /** Posts and brands are deleted at once. */
  const isThere = name === 'posts' || name === 'brands' ? undefined : Prisma.sql`t."deletedAt" IS NULL`;
  const listed = (rows: Rows): Rows => ({ ...rows, where: all([rows.where, isThere]) });
  const listedOf = <Wanted extends RowsOfParent>(wanted: readonly Wanted[]) =>
    wanted.map((one) => ({ ...one, rows: () => listed(one.rows()) }));

  /** The same string object for each selection, which the driver recognises fast. */
  const findTexts = new WeakMap<object, string>();

  function findText(columns: Columns<Row>): string {
    const key = columns ?? tables[name].columns;
    let text = findTexts.get(key);
    if (text === undefined) {
      text = `SELECT ${selectList(name, columns)} FROM ${name} t WHERE t.id = ANY($1::uuid[]) AND t."ownerId" = $2::uuid`;
      findTexts.set(key, text);
    }
    return text;
  }

  async function read<Read extends object>(
    { text, values }: Pick<Prisma.Sql, 'text' | 'values'>,
    { isSearch = false }: Pick<Rows, 'isSearch'> = {},
  ): Promise<Read[]> {
    const rows = await database.query<Read>(text, values, { isPrepared: !isSearch });
    restoreLargeIntegers(name, rows);
    return rows;
  }

  return {
    /** @returns rows in the order of the ids; null where the workspace has no such row. */
    async findAll(owner: Owner, ids: readonly string[], columns?: Columns<Row>): Promise<(Row | null)[]> {
      const rows = await read<Row>({
        text: findText(columns),
        values: [toArray([...new Set(ids)]), owner.workspaceId],
      });
      const byId = new Map(rows.map((row) => [row.id, row]));
      return ids.map((id) => byId.get(id) ?? null);
    },

    /** Reads a page. @param rows the conditions, on `t`. @throws InvalidInputError for invalid page arguments. */
    async page<By extends Column>(
      list: List<By>,
      args: PageArgs,
      rows: Rows,
      columns?: Columns<Row>,
    ): Promise<Page<Row & Sortable<By>>> {
      const { window, toPage } = planPage(list, args);
      const sql = pageSql(table, Prisma.raw(selectList(name, columns, [window.by])), listed(rows), window);
      return toPage(await read<Row & Sortable<By>>(sql, rows));
    },

    async count(rows: Rows): Promise<number> {
      const [row] = await read<{ count: number }>(
        Prisma.sql`SELECT count(*)::int AS count FROM ${table} t WHERE ${matching(listed(rows))}`,
        rows,
      );
      return row?.count ?? 0;
    },

    /** Reads pages of several parents' rows, in one statement. */
    async pagesOf(wanted: readonly PageOf<Name>[], columns?: Columns<Row>): Promise<Page<Row>[]> {
      const orders = wanted.map(({ window }) => window.by);
      const { sql, ...how } = pagesSql(
        table,
        Prisma.raw(selectList(name, columns, orders)),
        listedOf(wanted),
      );
      const rows = await read<Row & Sortable<OrderOf<Name>['by']> & { index: number }>(sql, how);
      const byIndex = Map.groupBy(rows, (row) => row.index);
      return wanted.map(({ toPage }, index) => toPage(byIndex.get(index) ?? []));
    },

    /** Counts the rows of several parents, in one statement. */
    async countsOf(wanted: readonly RowsOfParent[]): Promise<number[]> {
      const { sql, ...how } = countsSql(table, listedOf(wanted));
      const rows = await read<{ index: number; count: number }>(sql, how);
      const counts = new Map(rows.map(({ index, count }) => [index, count]));
      return wanted.map((_, index) => counts.get(index) ?? 0);
    },
  };
}
