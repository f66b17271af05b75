import { z } from 'zod';
import {
  brandContentSchema,
  brandInputSchema,
  type BrandContent,
  type BrandInput,
  type ParsedBrand,
} from '../../domain/brands/brand.ts';
import { InvalidInputError, NotFoundError, VersionConflictError } from '../../domain/errors/errors.ts';
import { globalId } from '../../domain/ids.ts';
import { parseInput, text } from '../../domain/validation.ts';
import type { Viewer } from '../../domain/viewer.ts';
import type { Changes } from '../../cache/changes.ts';
import type { Database, Transaction } from '../../store/database.ts';
import type { Brand } from '../../store/generated/prisma/client.ts';
import { createEntityLists, type EntityLists } from '../../store/lists/entity-lists.ts';
import { all, commonFilterSchema, holding, within } from '../../store/lists/filters.ts';
import { isWorkspaceGone, ownedBy, ownedRows } from '../../store/ownership.ts';
import { invalidToken } from '../accounts/access-tokens.ts';
import type { Images } from '../posts/images.ts';
import { logoPath, storeLogo } from './logos.ts';

/** A brand as it was at one time. */
export type BrandVersion = { brandId: string; number: number; content: BrandContent; createdAt: Date };

/** The brand to change, by its global id, and the version of it that the person saw. */
type Target = { brandId: string; expectedVersion: number };

/**
 * What posts of campaigns keep to. Its versions are never changed. Changes throw InvalidInputError; NotFoundError if the
 * workspace has no such brand; and VersionConflictError if it has another version than expected.
 */
export type Brands = EntityLists<'brands', BrandFilter> & {
  create(viewer: Viewer, input: { name: string; content: BrandInput }): Promise<Brand>;
  /**
   * Renames a brand, or gives it a new version.
   *
   * @param input.content all of the new version: what is left out is empty.
   */
  update(
    viewer: Viewer,
    input: Target & { name?: string | null | undefined; content?: BrandInput | null | undefined },
  ): Promise<Brand>;
  /** Gives a brand a new version with the content of an earlier one. @param input.number that of the earlier one. */
  restore(viewer: Viewer, input: Target & { number: number }): Promise<Brand>;
  /** Deletes a brand with its versions. Its campaigns have their text `brand` alone from then on. */
  delete(viewer: Viewer, id: string): Promise<void>;
  /** @returns for each brand its newest `take` versions, newest first. */
  versionsOf(wanted: readonly { brandId: string; take: number }[]): Promise<BrandVersion[][]>;
  /** @returns the content of each of these versions; null where it was deleted. */
  contentsOf(wanted: readonly { brandId: string; number: number }[]): Promise<(BrandContent | null)[]>;
};

const target = { brandId: globalId('Brand'), expectedVersion: z.int().min(1, 'must be at least 1') };
const name = text(120);
const createSchema = z.object({ name, content: brandInputSchema });
const updateSchema = z
  .object({ ...target, name: name.nullish(), content: brandInputSchema.nullish() })
  .refine((given) => given.name != null || given.content != null, 'must change something');
const restoreSchema = z.object({ ...target, number: z.int() });

const filterSchema = commonFilterSchema;

export type BrandFilter = z.input<typeof filterSchema>;

export function createBrands({
  database,
  images,
  changes,
}: {
  database: Database;
  images: Pick<Images, 'put'>;
  changes: Changes;
}): Brands {
  const { prisma } = database;

  /** Locks a brand of the expected version and writes what `work` returns; with content, as a new version. */
  async function change(
    viewer: Viewer,
    { brandId: id, expectedVersion }: Target,
    work: (tx: Transaction) => Promise<{ name?: string; content?: BrandContent | undefined }>,
  ): Promise<Brand> {
    const changed = await database.transaction(async (tx) => {
      const [brand] = await tx.$queryRaw<{ version: number }[]>`
        SELECT version FROM brands k WHERE id = ${id}::uuid AND ${ownedRows(viewer, 'k')} FOR NO KEY UPDATE`;
      if (brand === undefined) throw new NotFoundError('brand', 'input.brandId');
      if (brand.version !== expectedVersion) throw new VersionConflictError(brand.version, 'brand');
      const { content, ...named } = await work(tx);
      const version = brand.version + (content === undefined ? 0 : 1);
      if (content !== undefined)
        await tx.brandVersion.create({ data: { brandId: id, number: version, content } });
      return tx.brand.update({ where: { id }, data: { ...named, version } });
    });
    changes.brand(changed);
    return changed;
  }

  /** Stores the logo of new content. It is a file before a version refers to it, and unused files are removed. */
  async function withLogo(
    { visual: { logo, ...visual }, ...content }: ParsedBrand,
    present: () => Promise<BrandContent | null>,
  ): Promise<BrandContent> {
    if (logo === null) return { ...content, visual: { ...visual, logo: null } };
    const { image, ...place } = logo;
    const key = image == null ? (await present())?.visual.logo?.key : await storeLogo(images, image);
    if (key === undefined)
      throw new InvalidInputError([{ path: logoPath, message: 'must be there for a new logo' }]);
    return { ...content, visual: { ...visual, logo: { key, ...place } } };
  }

  async function contentOf(
    tx: Pick<Transaction, 'brandVersion'>,
    brandId: string,
    number: number,
  ): Promise<BrandContent | null> {
    const version = await tx.brandVersion.findUnique({ where: { brandId_number: { brandId, number } } });
    return version === null ? null : brandContentSchema.parse(version.content);
  }

  return {
    async create(viewer, input) {
      const given = parseInput(createSchema, input);
      const content = await withLogo(given.content, async () => null);
      const created = await prisma.brand
        .create({
          data: { name: given.name, ...ownedBy(viewer), versions: { create: { number: 1, content } } },
        })
        .catch((error: unknown) => {
          throw isWorkspaceGone(error) ? invalidToken() : error;
        });
      changes.brand(created);
      return created;
    },
    async update(viewer, input) {
      const { name: newName, content: given, ...seen } = parseInput(updateSchema, input);
      const where = { id: seen.brandId, ...ownedBy(viewer) };
      // Before a file is stored.
      if ((await prisma.brand.findUnique({ where })) === null)
        throw new NotFoundError('brand', 'input.brandId');
      const content =
        given == null
          ? undefined
          : await withLogo(given, () => contentOf(prisma, seen.brandId, seen.expectedVersion));
      return change(viewer, seen, async () => ({ ...(newName == null ? {} : { name: newName }), content }));
    },
    restore(viewer, input) {
      const { number, ...seen } = parseInput(restoreSchema, input);
      return change(viewer, seen, async (tx) => {
        const content = await contentOf(tx, seen.brandId, number);
        if (content === null) throw new NotFoundError('version', 'input.number');
        return { content };
      });
    },
    async delete(viewer, id) {
      const count = await database.transaction(async (tx) => {
        // Campaigns are locked before what they refer to.
        await tx.$queryRaw`
          SELECT 1 FROM campaigns c WHERE "brandId" = ${id}::uuid AND ${ownedRows(viewer, 'c')} ORDER BY id FOR UPDATE`;
        return (await tx.brand.deleteMany({ where: { id, ...ownedBy(viewer) } })).count;
      });
      if (count === 0) throw new NotFoundError('brand', 'input.brandId');
      // Campaigns tell of it as well.
      changes.workspace(viewer.workspaceId);
    },
    async versionsOf(wanted) {
      const rows = await prisma.$queryRaw<(BrandVersion & { index: number })[]>`
        SELECT w.index::int AS index, v.*
        FROM unnest(${wanted.map(({ brandId }) => brandId)}::uuid[], ${wanted.map(({ take }) => take)}::int[])
             WITH ORDINALITY AS w("brandId", take, index)
        CROSS JOIN LATERAL (
          SELECT * FROM brand_versions v WHERE v."brandId" = w."brandId" ORDER BY v.number DESC LIMIT w.take
        ) v
        ORDER BY w.index, v.number DESC`;
      const byIndex = Map.groupBy(rows, ({ index }) => index);
      return wanted.map((_, index) => (byIndex.get(index + 1) ?? []).map(parsed));
    },
    async contentsOf(wanted) {
      const rows = await prisma.brandVersion.findMany({
        where: { OR: wanted.map(({ brandId, number }) => ({ brandId, number })) },
      });
      const byVersion = new Map(rows.map((row) => [`${row.brandId} ${row.number}`, row.content]));
      return wanted.map(({ brandId, number }) => {
        const content = byVersion.get(`${brandId} ${number}`);
        return content === undefined ? null : brandContentSchema.parse(content);
      });
    },
    ...createEntityLists(database, 'brands', filterSchema, (owner, { created, search }) => ({
      isSearch: search != null,
      where: all([ownedRows(owner, 't'), within('t.createdAt', created), holding(['t.name'], search)]),
      kinds: [],
    })),
  };
}

function parsed({ brandId, number, content, createdAt }: BrandVersion): BrandVersion {
  return { brandId, number, content: brandContentSchema.parse(content), createdAt };
}
