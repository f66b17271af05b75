import { Prisma } from '../generated/prisma/client.ts';
import { all, column, valuesOf, type Rows } from './filters.ts';
import { type Window } from './paging.ts';
import { sortColumns, type SortKey } from './cursors.ts';

/**
 * SQL of one page of a table's rows. Compares `(column, id) < (…)` as a whole, so that an index on both columns finds the first
 * row at once, even if many rows share a value.
 *
 * Without wanted kinds, the page is one scan of the index of its order. With kinds, it is merged from a scan for each
 * combination of them, over the index that has the kinds before the order. Each scan ends after a page, so that rare and absent
 * kinds are found as fast as others. An order in `kindsBefore` has only that index and is always merged.
 * The limit is part of the text, so that PostgreSQL plans for few rows.
 *
 * @param table its name. Conditions and columns refer to it as `t`.
 * @param columns what to read, including the id and the column of the window.
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
  // The planner does not know that the values are unique, so the id is left out.
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
  const scan = (read: Prisma.Sql, conditions: Prisma.Sql) => Prisma.sql`
    SELECT ${read} FROM ${table} t WHERE ${conditions} ${byKey} ${limit}`;
  if (kindsBefore !== by && kinds.every(({ values }) => values === undefined))
    return scan(columns, all(between));

  const named = kinds.map((kind, index) => ({ kind, alias: Prisma.raw(`k${index}`) }));
  const combinations = named.map(
    ({ kind, alias }) => Prisma.sql`unnest(${valuesOf(kind)}) AS ${alias}(value)`,
  );
  const ofKinds = named.map(({ kind, alias }) => Prisma.sql`${column(kind.name)} = ${alias}.value`);
  const order = Prisma.sql`ORDER BY w.key ${direction}, w.id ${direction}`;
  return Prisma.sql`
    SELECT ${columns} FROM (
      SELECT w.* FROM ${Prisma.join(combinations, ' CROSS JOIN ')} CROSS JOIN LATERAL (
        ${scan(Prisma.sql`t.id, ${key} AS key`, all([...between, ...ofKinds]))}
      ) w ${order} ${limit}
    ) w JOIN ${table} t ON t.id = w.id ${order}`;
}

/**
 * SQL of a page for each of several parents. Each parent has its own scan of the index of `parent`, which ends after its page.
 *
 * @param parent the column with the parent's id.
 * @returns SQL of rows with `index`, their index in `wanted`. The rows of one parent are in their window's order.
 */
export function pagesSql(
  table: Prisma.Sql,
  columns: Prisma.Sql,
  parent: Prisma.Sql,
  where: Prisma.Sql,
  wanted: readonly { parentId: string; window: Window }[],
): Prisma.Sql {
  const indexed = wanted.map((page, index) => ({ ...page, index }));
  // Usually all parents have the same window. Aliases may add others.
  const alike = Map.groupBy(indexed, ({ window }) => JSON.stringify(window));
  const scans = [...alike.values()].flatMap((asked) => {
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
  return Prisma.join(scans, ' UNION ALL ');
}

/** PostgreSQL's text of an array of numbers or ids, which need no quotes. Faster than the driver's conversion. */
export function toArray(values: readonly (string | number)[]): string {
  return `{${values.join(',')}}`;
}
