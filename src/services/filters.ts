import { z } from 'zod';
import { Prisma } from '../store/generated/prisma/client.ts';

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
  search: z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(200, 'must have at most 200 characters')
    .nullish(),
});

/** Columns of the lists' tables (`t`), and of the campaign that a row belongs to (`c`). */
type Name = `${'t' | 'c'}.${string}`;

const column = (name: Name) => Prisma.raw(name.replace(/\.(\w+)$/, '."$1"'));

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

/** The condition that a row's campaign is one of those for which all of these hold; none where none is asked. */
export function ofCampaigns(...conditions: (Prisma.Sql | undefined)[]): Prisma.Sql | undefined {
  if (conditions.every((condition) => condition === undefined)) return undefined;
  return Prisma.sql`EXISTS (SELECT 1 FROM campaigns c WHERE c.id = t."campaignId" AND ${all(conditions)})`;
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
 * The condition that one of these text columns holds the words as they stand, whatever their case.
 *
 * Scans the owner's rows: the embedded PostgreSQL has no trigram index, and owners have thousands of rows, not millions.
 */
export function holding(names: readonly Name[], search: string | null | undefined): Prisma.Sql | undefined {
  if (search == null) return undefined;
  const pattern = `%${search.replace(/[\\%_]/g, String.raw`\$&`)}%`;
  return Prisma.sql`(${Prisma.join(
    names.map((name) => Prisma.sql`${column(name)} ILIKE ${pattern}`),
    ' OR ',
  )})`;
}

/**
 * The condition that a column has one of these values; none for an empty or absent list.
 *
 * @param type the column's enum in the database.
 */
export function among(
  name: Name,
  type: 'CampaignStatus' | 'BatchStatus' | 'PostStatus' | 'PostReview' | 'Channel',
  values: readonly string[] | null | undefined,
): Prisma.Sql | undefined {
  if (values == null || values.length === 0) return undefined;
  const one = (value: string) => Prisma.sql`${value}::${Prisma.raw(`"${type}"`)}`;
  // One value is compared, so that an index that sorts behind it can be walked in order.
  if (values.length === 1) return Prisma.sql`${column(name)} = ${one(values[0] ?? '')}`;
  return Prisma.sql`${column(name)} IN (${Prisma.join(values.map(one))})`;
}
