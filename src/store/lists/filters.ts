import { z } from 'zod';
import { Prisma } from '../generated/prisma/client.ts';
import { text } from '../../domain/validation.ts';
import type { Column } from './paging.ts';

/** A span of time: from `since` on, and before `until`. */
export type TimeRange = { since?: Date | null | undefined; until?: Date | null | undefined };

const timeRangeSchema = z
  .object({ since: z.date().nullish(), until: z.date().nullish() })
  .refine(({ since, until }) => since == null || until == null || since < until, {
    path: ['until'],
    message: 'must be later than since',
  });

/** The parts of a filter that all lists share. */
export const commonFilterSchema = z.object({
  created: timeRangeSchema.nullish(),
  search: text(200).nullish(),
});

/** Columns of the lists' tables (`t`), of what a row hangs on (`p`), and of the campaign that it belongs to (`c`). */
type Name = `${'t' | 'p' | 'c'}.${string}`;

/** Enums in the database. */
type Enum = 'CampaignStatus' | 'BatchStatus' | 'PostStatus' | 'PostReview' | 'Channel';

/** A column that sorts rows into a few kinds, and which of them are asked for; undefined: all of them. */
export type Kind = { name: `t.${string}`; type: Enum; values: string[] | undefined };

/** Which rows a list has: those of these kinds for which a condition holds. */
export type Rows = {
  where: Prisma.Sql;
  kinds: readonly Kind[];
  /** Whether the condition is about words: which way to the rows is the shortest depends on them. */
  isSearch?: boolean;
  /** A column of which no two of these rows have the same value: it orders them alone. */
  uniqueBy?: Column;
  /** A column that rows are ordered by only behind their kinds, in the index that there is. */
  kindsBefore?: Column;
};

export const column = (name: Name) => Prisma.raw(name.replace(/\.(\w+)$/, '."$1"'));

/** The condition that all of these hold. */
export function all(conditions: readonly (Prisma.Sql | undefined)[]): Prisma.Sql {
  return Prisma.join(
    conditions.filter((condition) => condition !== undefined),
    ' AND ',
  );
}

/** The condition that a column names a row; none where none is named. */
export function is(name: Name, id: string | null | undefined): Prisma.Sql | undefined {
  return id == null ? undefined : Prisma.sql`${column(name)} = ${id}::uuid`;
}

/** The condition that a row's campaign is one for which this holds; none where nothing is asked. */
export function ofCampaigns(condition: Prisma.Sql | undefined): Prisma.Sql | undefined {
  if (condition === undefined) return undefined;
  return Prisma.sql`EXISTS (SELECT 1 FROM campaigns c WHERE c.id = t."campaignId" AND ${condition})`;
}

/**
 * The condition that rows hang on one campaign or batch (`p`) for which all of these hold. That is asked once: where they do not,
 * no row is read. Whose the rows are is asked of it alone, so that nothing but their place under it leads to them.
 */
export function under(
  parent: 'campaign' | 'batch',
  id: string,
  conditions: readonly (Prisma.Sql | undefined)[],
): Prisma.Sql {
  const table = Prisma.raw({ campaign: 'campaigns', batch: 'batches' }[parent]);
  const asked = all([is('p.id', id), ...conditions]);
  return Prisma.sql`${is(`t.${parent}Id`, id)} AND EXISTS (SELECT 1 FROM ${table} p WHERE ${asked})`;
}

/** The condition on a moment; none where the range is open on both sides. */
export function within(name: Name, range: TimeRange | null | undefined): Prisma.Sql | undefined {
  if (range?.since == null && range?.until == null) return undefined;
  return all([
    range.since == null ? undefined : Prisma.sql`${column(name)} >= ${range.since}`,
    range.until == null ? undefined : Prisma.sql`${column(name)} < ${range.until}`,
  ]);
}

/**
 * The condition that one of these text columns holds the words as they stand, whatever their case. An index of trigrams
 * finds three characters and more; for fewer, the owner's rows are read until the page is full.
 */
export function holding(names: readonly Name[], search: string | null | undefined): Prisma.Sql | undefined {
  if (search == null) return undefined;
  const pattern = `%${search.replace(/[\\%_]/g, String.raw`\$&`)}%`;
  return Prisma.sql`(${Prisma.join(
    names.map((name) => Prisma.sql`${column(name)} ILIKE ${pattern}`),
    ' OR ',
  )})`;
}

/** A kind of rows to be narrowed to these values; not narrowed by an empty or absent list. */
export function kind(name: Kind['name'], type: Enum, values: readonly string[] | null | undefined): Kind {
  return { name, type, values: values == null || values.length === 0 ? undefined : [...new Set(values)] };
}

/** The values of a kind, as an array of SQL. */
export function valuesOf({ type, values }: Pick<Kind, 'type' | 'values'>): Prisma.Sql {
  const name = Prisma.raw(`"${type}"`);
  return values === undefined
    ? Prisma.sql`enum_range(NULL::${name})`
    : Prisma.sql`${values}::text[]::${name}[]`;
}

/** The condition that a column has one of these values; none for an empty or absent list. */
export function among(
  name: Name,
  type: Enum,
  values: readonly string[] | null | undefined,
): Prisma.Sql | undefined {
  if (values == null || values.length === 0) return undefined;
  return Prisma.sql`${column(name)} = ANY(${valuesOf({ type, values: [...values] })})`;
}

/** The condition that holds for exactly these rows. */
export function matching({ where, kinds }: Rows): Prisma.Sql {
  return all([where, ...kinds.map(({ name, type, values }) => among(name, type, values))]);
}
