import { Prisma } from '../store/generated/prisma/client.ts';
import type { Column, Place, Window } from './paging.ts';

/** How the text of a cursor becomes a value of its column again. */
const casts: Record<Column, Prisma.Sql> = {
  createdAt: Prisma.sql`::timestamptz`,
  updatedAt: Prisma.sql`::timestamptz`,
  name: Prisma.sql`::text`,
  position: Prisma.sql`::int`,
  postCount: Prisma.sql`::int`,
};

/**
 * One page of a table's rows. Rows are compared as wholes, `(column, id) < (…)`: an index on both columns finds
 * the place at once, however many rows share the column's value.
 * The number of rows stands in the text: PostgreSQL makes one plan of a statement for all values only where it knows how few rows
 * are wanted, and would plan each page of a large table anew.
 *
 * @param table its name; conditions and columns know it as `t`.
 * @param columns what is read of each row, the column of the window and the id among it.
 */
export function pageSql(
  table: Prisma.Sql,
  columns: Prisma.Sql,
  where: Prisma.Sql,
  window: Window,
): Prisma.Sql {
  const { by, reads, above, below, take } = window;
  const key = Prisma.raw(`t."${by}"`);
  const place = ({ value, id }: Place) => Prisma.sql`(${value}${casts[by]}, ${id}::uuid)`;
  const from = above === undefined ? Prisma.empty : Prisma.sql`AND (${key}, t.id) > ${place(above)}`;
  const to = below === undefined ? Prisma.empty : Prisma.sql`AND (${key}, t.id) < ${place(below)}`;
  const direction = Prisma.raw(reads);
  return Prisma.sql`
    SELECT ${columns} FROM ${table} t WHERE ${where} ${from} ${to}
    ORDER BY ${key} ${direction}, t.id ${direction} LIMIT ${Prisma.raw(String(take))}`;
}

/**
 * A page of the rows of each of several parents, in one statement: for each parent a walk of its own over the
 * index of `parent`, newest rows first, that ends with its page.
 *
 * @param parent the column that names a row's parent.
 * @returns rows with `place`: whose they are, counted from 0; those of one place in their window's order.
 */
export function pagesSql(
  table: Prisma.Sql,
  columns: Prisma.Sql,
  parent: Prisma.Sql,
  where: Prisma.Sql,
  wanted: readonly { parentId: string; window: Window }[],
): Prisma.Sql {
  const places = wanted.map((one, place) => ({ ...one, place }));
  // Parents of one list are asked for the same page; only aliases bring other ones.
  const alike = Map.groupBy(places, ({ window }) => JSON.stringify(window));
  const walks = [...alike.values()].flatMap((asked) => {
    const [{ window } = {}] = asked;
    if (window === undefined) return [];
    const direction = Prisma.raw(window.reads);
    return Prisma.sql`
      (SELECT w.place, r.* FROM unnest(
         ${toArray(asked.map(({ place }) => place))}::int[], ${toArray(asked.map(({ parentId }) => parentId))}::uuid[]
       ) AS w(place, parent)
       CROSS JOIN LATERAL (${pageSql(table, columns, Prisma.sql`t.${parent} = w.parent AND ${where}`, window)}) r
       ORDER BY w.place, r."createdAt" ${direction}, r.id ${direction})`;
  });
  return Prisma.join(walks, ' UNION ALL ');
}

/** PostgreSQL's text of an array of numbers or ids, in which nothing has to be quoted: the driver looks at each of them. */
export function toArray(values: readonly (string | number)[]): string {
  return `{${values.join(',')}}`;
}
