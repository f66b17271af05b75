import { z } from 'zod';
import { assetKey, type AssetStore } from '../store/assets.ts';
import type { Database } from '../store/database.ts';
import { keepTrying } from '../store/keep-trying.ts';
import type { Logger } from '../telemetry/logger.ts';

/**
 * The files of the asset store and who refers to them. Accounts may share a file, as it is named after its content. A file has a
 * row before it is stored, so that whatever happens then, it is found again and removed where nobody refers to it.
 */
export type Images = {
  /**
   * Stores an image and returns its key. Waits for a database that is away: the image was paid for.
   *
   * @param signal ends the waiting.
   */
  put(bytes: Uint8Array, signal: AbortSignal): Promise<string>;
  /**
   * The job that removes those of its files that nobody refers to.
   *
   * @throws Error while one of them may be that of a call under way: then it is to be run again.
   */
  removeUnused(job: unknown): Promise<void>;
  /** Removes every file that nobody refers to. */
  removeAllUnused(): Promise<void>;
};

const jobSchema = z.object({ keys: z.array(z.string()) });

/** Removed in one transaction, at the same time. */
const atOnce = 10;

/** The asset store tries three times, for 5 s each. */
const removalTimeoutMs = 30_000;

export function createImages(deps: { database: Database; assets: AssetStore; logger: Logger }): Images {
  const { database, assets, logger } = deps;

  /**
   * Removes files behind `after` under the lock of their rows: who stores one of them again waits, and stores it anew.
   *
   * @returns the last key, undefined where none was left.
   */
  function removeSome(keys: readonly string[] | null, after: string): Promise<string | undefined> {
    return database.transaction(async (tx) => {
      const unused = await tx.$queryRaw<{ key: string }[]>`
        SELECT i.key FROM images i
        WHERE i.key > ${after} AND (${keys === null} OR i.key = ANY(${keys ?? []}::text[]))
          AND NOT EXISTS (SELECT 1 FROM post_revisions r WHERE r.field = 'IMAGE' AND r.text = i.key)
          AND NOT EXISTS (SELECT 1 FROM provider_calls c WHERE jsonb_typeof(c.result) = 'string' AND c.result = to_jsonb(i.key))
          AND NOT EXISTS (SELECT 1 FROM provider_calls c WHERE c.status IN ('INTENT', 'SENT') AND c."createdAt" <= i."storedAt")
        ORDER BY i.key LIMIT ${atOnce} FOR UPDATE`;
      await Promise.all(unused.map(({ key }) => assets.remove(key)));
      await tx.image.deleteMany({ where: { key: { in: unused.map(({ key }) => key) } } });
      if (unused.length > 0) logger.info({ keys: unused.map(({ key }) => key) }, 'unused pictures removed');
      return unused.at(-1)?.key;
    }, removalTimeoutMs);
  }

  async function remove(keys: readonly string[] | null): Promise<void> {
    for (let last: string | undefined = ''; last !== undefined;) last = await removeSome(keys, last);
  }

  return {
    async put(bytes, signal) {
      const statement = `INSERT INTO images AS i (key) VALUES ($1) ON CONFLICT (key) DO UPDATE SET "storedAt" = now()`;
      await keepTrying.execute(() => database.query(statement, [assetKey(bytes)]), signal);
      return assets.put(bytes);
    },
    async removeUnused(job) {
      const { keys } = jobSchema.parse(job);
      await remove(keys);
      const [waiting] = await database.prisma.$queryRaw<{ files: number }[]>`
        SELECT count(*)::int AS files FROM images i
        WHERE i.key = ANY(${keys}::text[])
          AND NOT EXISTS (SELECT 1 FROM post_revisions r WHERE r.field = 'IMAGE' AND r.text = i.key)
          AND NOT EXISTS (SELECT 1 FROM provider_calls c WHERE jsonb_typeof(c.result) = 'string' AND c.result = to_jsonb(i.key))`;
      if ((waiting?.files ?? 0) > 0) throw new Error('unused pictures may be those of calls under way');
    },
    removeAllUnused: () => remove(null),
  };
}
