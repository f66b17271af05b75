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
    ORDER BY ${key} ${direction}, t.id ${direction} LIMIT ${take}::int`;
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
  const walks = (['ASC', 'DESC'] as const).flatMap((direction) => {
    const asked = places.filter(({ window }) => window.reads === direction);
    if (asked.length === 0) return [];
    const list = <T>(pick: (one: (typeof asked)[number]) => T) => asked.map(pick);
    const order = Prisma.raw(direction);
    return Prisma.sql`
      (SELECT w.place, r.* FROM unnest(
         ${list(({ place }) => place)}::int[], ${list(({ parentId }) => parentId)}::uuid[],
         ${list(({ window }) => window.take)}::int[],
         ${list(({ window }) => String(window.above?.value ?? '-infinity'))}::text[]::timestamptz[],
         ${list(({ window }) => window.above?.id ?? lowestId)}::uuid[],
         ${list(({ window }) => String(window.below?.value ?? 'infinity'))}::text[]::timestamptz[],
         ${list(({ window }) => window.below?.id ?? highestId)}::uuid[]
       ) AS w(place, parent, take, "aboveTime", "aboveId", "belowTime", "belowId")
       CROSS JOIN LATERAL (
         SELECT ${columns} FROM ${table} t
         WHERE t.${parent} = w.parent AND ${where}
           AND (t."createdAt", t.id) > (w."aboveTime", w."aboveId") AND (t."createdAt", t.id) < (w."belowTime", w."belowId")
         ORDER BY t."createdAt" ${order}, t.id ${order} LIMIT w.take
       ) r ORDER BY w.place, r."createdAt" ${order}, r.id ${order})`;
  });
  return Prisma.join(walks, ' UNION ALL ');
}

const lowestId = '00000000-0000-0000-0000-000000000000';
const highestId = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
