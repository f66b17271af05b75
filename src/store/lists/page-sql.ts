import { Prisma } from '../generated/prisma/client.ts';
import { all, column, matching, valuesOf, type Rows } from './filters.ts';
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

/** The rows of one parent that match a filter. `rows` has `eachParent` for the id of the parent. */
export type RowsOfParent = { parentId: string; filter: object; rows: () => Rows };

/** A statement. Its rows have `index`: which of the wanted parents they are of. */
type OfParents = { sql: Prisma.Sql } & Pick<Rows, 'isSearch'>;

/**
 * SQL of a page for each of several parents. Each parent has its own scan of an index, which ends after its page. The rows of
 * one parent are in their window's order.
 */
export function pagesSql(
  table: Prisma.Sql,
  columns: Prisma.Sql,
  wanted: readonly (RowsOfParent & { window: Window })[],
): OfParents {
  return ofParents(
    wanted,
    ({ filter, window }) => [filter, window],
    (parents, rows, { window }) => {
      const direction = Prisma.raw(window.reads);
      return Prisma.sql`
        (SELECT a.index, r.* FROM ${parents} CROSS JOIN LATERAL (${pageSql(table, columns, rows, window)}) r
         ORDER BY a.index, ${column(`r.${window.by}`)} ${direction}, r.id ${direction})`;
    },
  );
}

/** SQL of the number of rows of each of several parents (`count`). */
export function countsSql(table: Prisma.Sql, wanted: readonly RowsOfParent[]): OfParents {
  return ofParents(
    wanted,
    ({ filter }) => filter,
    (parents, rows) => Prisma.sql`
      SELECT a.index, (SELECT count(*)::int FROM ${table} t WHERE ${matching(rows)}) AS count FROM ${parents}`,
  );
}

/**
 * SQL that reads rows of several parents, with one scan for those that are asked for the same.
 *
 * @param asksFor what a scan depends on besides the parent. Usually it is the same for all; aliases may add others.
 * @param scan reads the rows of the parents in a table `a`, which has their ids and their indexes in `wanted`.
 */
function ofParents<Wanted extends RowsOfParent>(
  wanted: readonly Wanted[],
  asksFor: (wanted: Wanted) => object,
  scan: (parents: Prisma.Sql, rows: Rows, first: Wanted) => Prisma.Sql,
): OfParents {
  const indexed = wanted.map((one, index) => ({ one, index }));
  const alike = Map.groupBy(indexed, ({ one }) => JSON.stringify(asksFor(one)));
  let isSearch = false;
  const scans = [...alike.values()].flatMap((asked) => {
    const [first] = asked;
    if (first === undefined) return [];
    const rows = first.one.rows();
    isSearch ||= rows.isSearch === true;
    const parents = Prisma.sql`unnest(
      ${toArray(asked.map(({ index }) => index))}::int[], ${toArray(asked.map(({ one }) => one.parentId))}::uuid[]
    ) AS a(index, parent)`;
    return scan(parents, rows, first.one);
  });
  return { sql: Prisma.join(scans, ' UNION ALL '), isSearch };
}

/** PostgreSQL's text of an array of numbers or ids, which need no quotes. Faster than the driver's conversion. */
export function toArray(values: readonly (string | number)[]): string {
  return `{${values.join(',')}}`;
}
