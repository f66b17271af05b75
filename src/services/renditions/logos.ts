import { z } from 'zod';
import { logoSchema, type Logo } from '../../domain/brands/brand.ts';
import type { Database } from '../../store/database.ts';

/** A version of a brand. It never changes. */
export type VersionOfBrand = { brandId: string; brandVersion: number };

export type Logos = {
  /** @returns the logo that each version puts on images; null without one. */
  ofVersions(versions: readonly VersionOfBrand[]): Promise<(Logo | null)[]>;
};

const rowSchema = z.object({ index: z.int(), logo: logoSchema.nullable() });

export function createLogos({ prisma }: Database): Logos {
  return {
    async ofVersions(versions) {
      const rows = await prisma.$queryRaw`
        SELECT w.index::int AS index, nullif(v.content #> '{visual,logo}', 'null'::jsonb) AS logo
        FROM unnest(${versions.map(({ brandId }) => brandId)}::uuid[], ${versions.map((one) => one.brandVersion)}::int[])
             WITH ORDINALITY AS w("brandId", number, index)
        JOIN brand_versions v ON v."brandId" = w."brandId" AND v.number = w.number`;
      const logos = new Map(
        z
          .array(rowSchema)
          .parse(rows)
          .map(({ index, logo }) => [index, logo]),
      );
      return versions.map((_, index) => logos.get(index + 1) ?? null);
    },
  };
}
