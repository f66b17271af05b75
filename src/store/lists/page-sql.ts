import { Prisma } from '../generated/prisma/client.ts';
import { all, column, valuesOf, type Rows } from './filters.ts';
import { sortColumns, type SortKey, type Window } from './paging.ts';

/**
 * One page of a table's rows. Rows are compared as wholes, `(column, id) < (…)`: an index on both columns finds
 * the first row at once, however many rows share the column's value.
 *
 * Rows of all kinds are one walk over the index of their order. Where kinds are asked for, a page is put together from a walk for
 * each combination of them, over the index that has them before the order. Each walk ends with a page, so that
 * rare rows among many others, and rows that there are none of, are found as fast as all others; and only the page's own rows are fetched.
 * No index but that has an order that few ask for (`kindsBefore`): its rows of all kinds are put together in the same way.
 * The number of rows stands in the text: the plan that serves all values is made for few rows.
 *
 * @param table its name; conditions and columns know it as `t`.
 * @param columns what is read of each row, the column of the window and the id among it.
 */
export function pageSql(
  table: Prisma.Sql,
  columns: Prisma.Sql,
  { where, kinds, uniqueBy, kindsBefore }: Rows,
  window: Window,
): Prisma.Sql {
  const { by, reads, above, below, take } = window;
  const key = column(`t.${by}`);
  const direction = Prisma.raw(reads);
  const limit = Prisma.raw(`LIMIT ${take}`);
  const type = Prisma.raw(sortColumns[by].type);
  // The planner does not know that nothing is left for the id to order.
  const isAlone = uniqueBy === by;
  const here = isAlone ? key : Prisma.sql`(${key}, t.id)`;
  const sortKey = ({ value, id }: SortKey) =>
    isAlone ? Prisma.sql`${value}::${type}` : Prisma.sql`(${value}::${type}, ${id}::uuid)`;
  const between = [
    where,
    above && Prisma.sql`${here} > ${sortKey(above)}`,
    below && Prisma.sql`${here} < ${sortKey(below)}`,
  ];
  const byKey = isAlone
    ? Prisma.sql`ORDER BY ${key} ${direction}`
    : Prisma.sql`ORDER BY ${key} ${direction}, t.id ${direction}`;
  const walk = (read: Prisma.Sql, conditions: Prisma.Sql) => Prisma.sql`
    SELECT ${read} FROM ${table} t WHERE ${conditions} ${byKey} ${limit}`;
  if (kindsBefore !== by && kinds.every(({ values }) => values === undefined))
    return walk(columns, all(between));

  const named = kinds.map((kind, index) => ({ kind, alias: Prisma.raw(`k${index}`) }));
  const combinations = named.map(
    ({ kind, alias }) => Prisma.sql`unnest(${valuesOf(kind)}) AS ${alias}(value)`,
  );
  const ofKinds = named.map(({ kind, alias }) => Prisma.sql`${column(kind.name)} = ${alias}.value`);
  const order = Prisma.sql`ORDER BY w.key ${direction}, w.id ${direction}`;
  return Prisma.sql`
    SELECT ${columns} FROM (
      SELECT w.* FROM ${Prisma.join(combinations, ' CROSS JOIN ')} CROSS JOIN LATERAL (
        ${walk(Prisma.sql`t.id, ${key} AS key`, all([...between, ...ofKinds]))}
      ) w ${order} ${limit}
    ) w JOIN ${table} t ON t.id = w.id ${order}`;
}

/**
 * A page of the rows of each of several parents, in one statement: for each parent a walk of its own over the
 * index of `parent`, newest rows first, that ends with its page.
 *
 * @param parent the column that names a row's parent.
 * @returns rows with `index`: which of `wanted` they belong to, from 0; those of one parent in their window's order.
 */
export function pagesSql(
  table: Prisma.Sql,
  columns: Prisma.Sql,
  parent: Prisma.Sql,
  where: Prisma.Sql,
  wanted: readonly { parentId: string; window: Window }[],
): Prisma.Sql {
  const indexed = wanted.map((page, index) => ({ ...page, index }));
  // Parents of one list are asked for the same page; aliases and other ways to the list bring other ones.
  const alike = Map.groupBy(indexed, ({ window }) => JSON.stringify(window));
  const walks = [...alike.values()].flatMap((asked) => {
    const [{ window } = {}] = asked;
    if (window === undefined) return [];
    const direction = Prisma.raw(window.reads);
    return Prisma.sql`
      (SELECT w.index, r.* FROM unnest(
         ${toArray(asked.map(({ index }) => index))}::int[], ${toArray(asked.map(({ parentId }) => parentId))}::uuid[]
       ) AS w(index, parent)
       CROSS JOIN LATERAL (${pageSql(table, columns, { where: Prisma.sql`t.${parent} = w.parent AND ${where}`, kinds: [] }, window)}) r
       ORDER BY w.index, r."createdAt" ${direction}, r.id ${direction})`;
  });
  return Prisma.join(walks, ' UNION ALL ');
}

/** PostgreSQL's text of an array of numbers or ids, in which nothing has to be quoted: the driver looks at each of them. */
export function toArray(values: readonly (string | number)[]): string {
  return `{${values.join(',')}}`;
}
