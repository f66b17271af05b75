import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { pngSize, type Size } from '../../domain/images/png.ts';
import { assetKey, type AssetStore } from '../../store/assets.ts';
import type { Database } from '../../store/database.ts';
import { keepTrying } from '../../store/keep-trying.ts';
import { Prisma } from '../../store/generated/prisma/client.ts';
import type { Logger } from '../../telemetry/logger.ts';

/**
 * The files of the asset store and their rows. A file is named after its content, so workspaces may share one. Its row is
 * written before the file, so that an unreferenced file is always found and removed.
 */
export type Images = {
  /**
   * Stores an image. Waits for a database that is away, because the image is paid for, and while the same file is being removed.
   *
   * @param signal ends the wait.
   * @returns the key of the file.
   */
  put(bytes: Uint8Array, signal: AbortSignal): Promise<string>;
  /**
   * Handles a job of the queue `asset-removals`: removes those of its files that nothing refers to.
   *
   * @throws Error if one of them is too young to be removed. The queue tries the job again.
   */
  removeUnused(job: unknown): Promise<void>;
  /** Removes every file that nothing refers to. */
  removeAllUnused(): Promise<void>;
};

const jobSchema = z.object({ keys: z.array(z.string()) });

/** Files that are removed at the same time. */
const removedAtOnce = 10;
/** Rows that one statement reads. */
const pageSize = 500;

/** A file this young may not be referred to yet: storing takes up to a minute, and keepTrying up to five. */
const young = Prisma.sql`interval '10 minutes'`;
/** After this time a removal counts as crashed. It takes at most 45 s: three requests, each with three tries of 5 s (store/assets.ts). */
const removalSeconds = 60;
const waitMs = 200;

const unreferenced = Prisma.sql`
  NOT EXISTS (SELECT 1 FROM post_revisions r WHERE r.field = 'IMAGE' AND r.text = i.key)
  AND NOT EXISTS (SELECT 1 FROM provider_calls c WHERE jsonb_typeof(c.result) = 'string' AND c.result = to_jsonb(i.key))
  AND NOT EXISTS (SELECT 1 FROM brand_versions v WHERE v.content->'visual'->'logo'->>'key' = i.key)`;

export function createImages(deps: { database: Database; assets: AssetStore; logger: Logger }): Images {
  const { database, assets, logger } = deps;
  const { prisma } = database;

  /** Marks some of these files for removal. Skips those that something refers to or another process removes. @returns their keys. */
  async function mark(keys: readonly string[]): Promise<string[]> {
    const marked = await prisma.$queryRaw<{ key: string }[]>`
      UPDATE images SET "removingAt" = now()
      WHERE key IN (
        SELECT i.key FROM images i
        WHERE i.key = ANY(${keys}::text[]) AND i."storedAt" < now() - ${young} AND ${unreferenced}
          AND coalesce(i."removingAt" < now() - ${removalSeconds}::int * interval '1 s', true)
        ORDER BY i.key LIMIT ${removedAtOnce} FOR UPDATE SKIP LOCKED)
      RETURNING key`;
    return marked.map(({ key }) => key);
  }

  /** Needs no transaction: `put` waits while a file is marked. */
  async function remove(keys: readonly string[]): Promise<void> {
    for (;;) {
      const marked = await mark(keys);
      if (marked.length === 0) return;
      await Promise.all(marked.map((key) => assets.remove(key)));
      await prisma.image.deleteMany({ where: { key: { in: marked }, removingAt: { not: null } } });
      logger.info({ keys: marked }, 'unused images removed');
    }
  }

  /** Writes the row of a file. @returns false if the file is being removed. */
  async function note(key: string, size: Size | undefined): Promise<boolean> {
    const rows = await database.query<{ key: string }>(
      `INSERT INTO images AS i (key, width, height) VALUES ($1, $2, $3)
       ON CONFLICT (key) DO UPDATE SET "storedAt" = now(), "removingAt" = NULL, width = excluded.width, height = excluded.height
         WHERE coalesce(i."removingAt" < now() - interval '${removalSeconds} s', true)
       RETURNING i.key`,
      [key, size?.width ?? null, size?.height ?? null],
    );
    return rows.length > 0;
  }

  return {
    async put(bytes, signal) {
      const key = assetKey(bytes);
      const size = pngSize(bytes);
      while (!(await keepTrying(() => note(key, size), { signal }))) {
        await delay(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
      return assets.put(bytes);
    },
    async removeUnused(job) {
      const { keys } = jobSchema.parse(job);
      // The release before this one stores files without a row.
      await prisma.$executeRaw`
        INSERT INTO images (key, "storedAt") SELECT unnest(${keys}::text[]), 'epoch' ON CONFLICT DO NOTHING`;
      await remove(keys);
      const [waiting] = await prisma.$queryRaw<{ files: number }[]>`
        SELECT count(*)::int AS files FROM images i WHERE i.key = ANY(${keys}::text[]) AND ${unreferenced}`;
      if ((waiting?.files ?? 0) > 0) throw new Error('some unused images are too young to be removed');
    },
    async removeAllUnused() {
      for (let after: string | undefined = ''; after !== undefined;) {
        const page: { key: string }[] = await prisma.image.findMany({
          where: { key: { gt: after } },
          orderBy: { key: 'asc' },
          take: pageSize,
          select: { key: true },
        });
        await remove(page.map(({ key }) => key));
        after = page.at(-1)?.key;
      }
    },
  };
}
