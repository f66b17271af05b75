import { z } from 'zod';
import { Prisma } from '../generated/prisma/client.ts';
import { text } from '../../domain/validation.ts';
import type { Column } from './cursors.ts';

/** From `since` (included) to `until` (excluded). */
export type TimeRange = { since?: Date | null | undefined; until?: Date | null | undefined };

const timeRangeSchema = z
  .object({ since: z.date().nullish(), until: z.date().nullish() })
  .refine(({ since, until }) => since == null || until == null || since < until, {
    path: ['until'],
    message: 'must be later than since',
  });

/** The fields that all filters have. */
export const commonFilterSchema = z.object({
  created: timeRangeSchema.nullish(),
  search: text(200).nullish(),
});

/**
 * A column of the list's table (`t`), of the rows' parent (`p`), of their campaign (`c`), or of the parents that one statement
 * reads the rows of (`a`, page-sql.ts).
 */
type Name = `${'t' | 'p' | 'c' | 'a' | 'r'}.${string}`;

/** Enums in the database. */
type Enum = 'CampaignStatus' | 'BatchStatus' | 'PostStatus' | 'PostReview' | 'Channel';

/** A column with few values (an enum), and the wanted values; undefined: all. */
export type Kind = { name: `t.${string}`; type: Enum; values: string[] | undefined };

/** The rows of a list: those of these kinds that meet a condition. */
export type Rows = {
  where: Prisma.Sql;
  kinds: readonly Kind[];
  /** Whether the condition searches words. Then the best plan depends on them. */
  isSearch?: boolean;
  /** A column whose values are unique among these rows, so that it orders them without the id. */
  uniqueBy?: Column;
  /** An order whose only index begins with the kinds. */
  kindsBefore?: Column;
};

/** SQL of a column. */
export const column = (name: Name) => Prisma.raw(name.replace(/\.(\w+)$/, '."$1"'));

/** SQL: all of these conditions hold. Skips undefined ones. */
export function all(conditions: readonly (Prisma.Sql | undefined)[]): Prisma.Sql {
  return Prisma.join(
    conditions.filter((condition) => condition !== undefined),
    ' AND ',
  );
}

/** An id, or SQL of one. */
type Id = string | Prisma.Sql;

/** SQL: the id of each parent, where one statement reads the rows of several (page-sql.ts). */
export const eachParent = column('a.parent');

/** SQL: a column has this id; undefined without an id. */
export function is(name: Name, id: Id | null | undefined): Prisma.Sql | undefined {
  return id == null ? undefined : Prisma.sql`${column(name)} = ${id}::uuid`;
}

/** SQL: a row's campaign meets this condition; undefined without one. */
export function ofCampaigns(condition: Prisma.Sql | undefined): Prisma.Sql | undefined {
  if (condition === undefined) return undefined;
  return Prisma.sql`EXISTS (SELECT 1 FROM campaigns c WHERE c.id = t."campaignId" AND ${condition})`;
}

/**
 * SQL: rows belong to one campaign or batch (`p`) that meets all of these conditions and is not being deleted. PostgreSQL
 * checks the parent once, and reads no rows if it does not meet them. Ownership is checked on the parent only, so that the index of the parent is used.
 */
export function under(
  parent: 'campaign' | 'batch',
  id: Id,
  conditions: readonly (Prisma.Sql | undefined)[],
): Prisma.Sql {
  const table = Prisma.raw({ campaign: 'campaigns', batch: 'batches' }[parent]);
  const asked = all([is('p.id', id), Prisma.sql`p."deletedAt" IS NULL`, ...conditions]);
  return Prisma.sql`${is(`t.${parent}Id`, id)} AND EXISTS (SELECT 1 FROM ${table} p WHERE ${asked})`;
}

/** SQL: a timestamp is within a range; undefined for an open range. */
export function within(name: Name, range: TimeRange | null | undefined): Prisma.Sql | undefined {
  if (range?.since == null && range?.until == null) return undefined;
  return all([
    range.since == null ? undefined : Prisma.sql`${column(name)} >= ${range.since}`,
    range.until == null ? undefined : Prisma.sql`${column(name)} < ${range.until}`,
  ]);
}

/**
 * SQL: one of these text columns contains the search text, in any case; undefined without a text. A trigram index finds three
 * or more characters. For fewer, the workspace's rows are read until the page is full.
 */
export function holding(names: readonly Name[], search: string | null | undefined): Prisma.Sql | undefined {
  if (search == null) return undefined;
  const pattern = `%${search.replace(/[\\%_]/g, String.raw`\$&`)}%`;
  return Prisma.sql`(${Prisma.join(
    names.map((name) => Prisma.sql`${column(name)} ILIKE ${pattern}`),
    ' OR ',
  )})`;
}

/** A kind with these wanted values. An empty or absent list means all. */
export function kind(name: Kind['name'], type: Enum, values: readonly string[] | null | undefined): Kind {
  return { name, type, values: values == null || values.length === 0 ? undefined : [...new Set(values)] };
}

/** SQL: the wanted values of a kind, as an array. */
export function valuesOf({ type, values }: Pick<Kind, 'type' | 'values'>): Prisma.Sql {
  const name = Prisma.raw(`"${type}"`);
  return values === undefined
    ? Prisma.sql`enum_range(NULL::${name})`
    : Prisma.sql`${values}::text[]::${name}[]`;
}

/** SQL: a column has one of these values; undefined for an empty or absent list. */
export function among(
  name: Name,
  type: Enum,
  values: readonly string[] | null | undefined,
): Prisma.Sql | undefined {
  if (values == null || values.length === 0) return undefined;
  return Prisma.sql`${column(name)} = ANY(${valuesOf({ type, values: [...values] })})`;
}

/** SQL: the condition of these rows, kinds included. */
export function matching({ where, kinds }: Rows): Prisma.Sql {
  return all([where, ...kinds.map(({ name, type, values }) => among(name, type, values))]);
}
