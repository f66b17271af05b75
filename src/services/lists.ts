import type { Database } from '../store/database.ts';
import { Prisma } from '../store/generated/prisma/client.ts';
import type { Owner } from './ownership.ts';
import { pageSql, pagesSql } from './page-sql.ts';
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

/** The rows of one table as pages. Rows are those that Prisma reads, as columns are named alike. */
export function createLists<Row extends { id: string; createdAt: Date }>(
  { prisma }: Database,
  name: 'campaigns' | 'batches' | 'posts',
) {
  const table = Prisma.raw(name);
  const owned = ({ userId }: Owner) => Prisma.sql`t."ownerId" = ${userId}::uuid`;

  return {
    /** @returns in the order of the ids; null for an absent row and for somebody else's alike. */
    async findAll(owner: Owner, ids: readonly string[]): Promise<(Row | null)[]> {
      const rows = await prisma.$queryRaw<Row[]>`
        SELECT t.* FROM ${table} t WHERE t.id = ANY(${[...new Set(ids)]}::uuid[]) AND ${owned(owner)}`;
      const byId = new Map(rows.map((row) => [row.id, row]));
      return ids.map((id) => byId.get(id) ?? null);
    },

    /** @param where which rows, as `t`. @throws InvalidInputError for arguments that make no page. */
    async page<By extends Column>(
      list: List<By>,
      args: PageArgs,
      where: Prisma.Sql,
    ): Promise<Page<Row & Sortable<By>>> {
      const { window, toPage } = planPage(list, args);
      return toPage(await prisma.$queryRaw<(Row & Sortable<By>)[]>(pageSql(table, where, window)));
    },

    async count(where: Prisma.Sql): Promise<number> {
      const [row] = await prisma.$queryRaw<{ count: number }[]>`
        SELECT count(*)::int AS count FROM ${table} t WHERE ${where}`;
      return row?.count ?? 0;
    },

    /** Pages of the rows of several parents, in one statement. @param parent the column that names them. */
    async pagesOf(
      owner: Owner,
      parent: 'campaignId' | 'batchId',
      wanted: readonly PageOf[],
    ): Promise<Page<Row>[]> {
      const sql = pagesSql(table, Prisma.raw(`"${parent}"`), owned(owner), wanted);
      const rows = await prisma.$queryRaw<(Row & { place: number })[]>(sql);
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
      const rows = await prisma.$queryRaw<{ id: string; count: number }[]>`
        SELECT ${column} AS id, count(*)::int AS count FROM ${table} t
        WHERE ${column} = ANY(${[...ids]}::uuid[]) AND ${owned(owner)} GROUP BY 1`;
      const counts = new Map(rows.map(({ id, count }) => [id, count]));
      return ids.map((id) => counts.get(id) ?? 0);
    },
  };
}
