import { z } from 'zod';

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

/** The condition on a moment; none where the range is open on both sides. */
export function within(column: string, range: TimeRange | null | undefined): object {
  if (range?.since == null && range?.until == null) return {};
  return {
    [column]: {
      ...(range.since == null ? {} : { gte: range.since }),
      ...(range.until == null ? {} : { lt: range.until }),
    },
  };
}

/**
 * The condition that one of these text columns holds the words as they stand, whatever their case.
 *
 * Scans the owner's rows: the embedded PostgreSQL has no trigram index, and owners have thousands of rows, not millions.
 */
export function holding(columns: readonly string[], search: string | null | undefined): object {
  if (search == null) return {};
  // Prisma passes % and _ on to LIKE as wildcards.
  const contains = search.replace(/[\\%_]/g, String.raw`\$&`);
  return { OR: columns.map((column) => ({ [column]: { contains, mode: 'insensitive' } })) };
}

/** The condition that a column has one of these values; none for an empty or absent list. */
export function among(column: string, values: readonly string[] | null | undefined): object {
  return values == null || values.length === 0 ? {} : { [column]: { in: [...values] } };
}
