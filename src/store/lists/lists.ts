import type { Database } from '../database.ts';
import { Prisma } from '../generated/prisma/client.ts';
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
import {
  restoreLargeIntegers,
  selectList,
  tables,
  type Columns,
  type ParentOf,
  type RowOf,
  type Table,
} from './tables.ts';

/** How lists are ordered unless their reader wants otherwise, and lists within lists always. */
export const newestFirst = { by: 'createdAt', direction: 'DESC' } as const;

/** A planned page of what hangs on one parent. */
export type PageOf = { parentId: string } & PlannedPage<'createdAt'>;

/**
 * The rows of one table by their ids and as pages, on prepared SQL: most requests wait for these. Rows are those that
 * Prisma reads (test/integration/lists/lists-of-rows.test.ts), and only the owner's.
 */
export function createLists<Name extends Table>(database: Pick<Database, 'query'>, name: Name) {
  type Row = RowOf[Name];
  const table = Prisma.raw(name);
  const owned = (owner: Owner) => ownedRows(owner, 't');

  /** One text for each selection: PostgreSQL's driver knows it again by what it is, not by what it says. */
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
    options: { isPrepared: boolean } = { isPrepared: true },
  ): Promise<Read[]> {
    const rows = await database.query<Read>(text, values, options);
    restoreLargeIntegers(name, rows);
    return rows;
  }

  return {
    /** @returns in the order of the ids; null for an absent row and for somebody else's alike. */
    async findAll(owner: Owner, ids: readonly string[], columns?: Columns<Row>): Promise<(Row | null)[]> {
      const rows = await read<Row>({
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
      const sql = pageSql(table, Prisma.raw(selectList(name, columns, [window.by])), rows, window);
      return toPage(await read<Row & Sortable<By>>(sql, { isPrepared: rows.isSearch !== true }));
    },

    async count(rows: Rows): Promise<number> {
      const [row] = await read<{ count: number }>(
        Prisma.sql`SELECT count(*)::int AS count FROM ${table} t WHERE ${matching(rows)}`,
        { isPrepared: rows.isSearch !== true },
      );
      return row?.count ?? 0;
    },

    /** Pages of the rows of several parents, in one statement. @param parent the column that names them. */
    async pagesOf(
      owner: Owner,
      parent: ParentOf<Name>,
      wanted: readonly PageOf[],
      columns?: Columns<Row>,
    ): Promise<Page<Row>[]> {
      const names = Prisma.raw(selectList(name, columns, ['createdAt']));
      const sql = pagesSql(table, names, Prisma.raw(`"${parent}"`), owned(owner), wanted);
      const rows = await read<Row & { index: number }>(sql);
      const byIndex = Map.groupBy(rows, (row) => row.index);
      return wanted.map(({ toPage }, index) => toPage(byIndex.get(index) ?? []));
    },

    /** How many rows each of these parents has, in one statement. */
    async countsOf(owner: Owner, parent: ParentOf<Name>, ids: readonly string[]): Promise<number[]> {
      const column = Prisma.raw(`t."${parent}"`);
      const rows = await read<{ id: string; count: number }>(Prisma.sql`
        SELECT ${column} AS id, count(*)::int AS count FROM ${table} t
        WHERE ${column} = ANY(${[...ids]}::uuid[]) AND ${owned(owner)} GROUP BY 1`);
      const counts = new Map(rows.map(({ id, count }) => [id, count]));
      return ids.map((id) => counts.get(id) ?? 0);
    },
  };
}
