import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Changes } from '../cache/changes.ts';
import { BatchStateError, NotFoundError } from '../domain/errors.ts';
import type { AssetStore } from '../store/assets.ts';
import type { Database } from '../store/database.ts';
import type { Jobs } from '../store/jobs.ts';
import type { Viewer } from './access-tokens.ts';
import type { Batches } from './batches.ts';

export type AccountDeletion = {
  /** Cancels the account's batches, then deletes its rows and orders the removal of its pictures, all or nothing. */
  run(viewer: Viewer): Promise<void>;
  /** The job that does the removal; may be repeated. */
  removeAssets(job: unknown): Promise<void>;
};

/** A job's share of the pictures: small enough to be done within its time. */
const keysPerJob = 200;
/** Removed at the same time. */
const atOnce = 10;

const jobSchema = z.object({ keys: z.array(z.string()) });

export function createAccountDeletion(deps: {
  database: Database;
  jobs: Jobs;
  batches: Pick<Batches, 'cancel'>;
  assets: AssetStore;
  changes: Changes;
}): AccountDeletion {
  const { database, jobs, batches, assets, changes } = deps;
  const { prisma } = database;
  const unfinished = (ownerId: string) => ({
    where: { ownerId, finishedAt: null },
    select: { id: true },
  });

  /** @returns whether it is done; not where a batch was started meanwhile. */
  function deleteRows(ownerId: string): Promise<boolean> {
    return database.transaction(async (tx) => {
      // In the order in which everybody else takes these locks: campaigns, batches, the account.
      await tx.$queryRaw`SELECT id FROM campaigns WHERE "ownerId" = ${ownerId}::uuid ORDER BY id FOR UPDATE`;
      await tx.$queryRaw`SELECT id FROM batches WHERE "ownerId" = ${ownerId}::uuid ORDER BY id FOR UPDATE`;
      // From here on nothing new can point to the account.
      await tx.$queryRaw`SELECT id FROM users WHERE id = ${ownerId}::uuid FOR UPDATE`;
      if ((await tx.batch.findFirst(unfinished(ownerId))) !== null) return false;
      const rows = await tx.$queryRaw<{ key: string }[]>`
        SELECT "imageKey" AS key FROM posts WHERE "ownerId" = ${ownerId}::uuid AND "imageKey" IS NOT NULL
        UNION SELECT r.text FROM post_revisions r JOIN posts p ON p.id = r."postId"
        WHERE p."ownerId" = ${ownerId}::uuid AND r.field = 'IMAGE' AND r.text IS NOT NULL
        UNION SELECT result #>> '{}' FROM provider_calls
        WHERE "ownerId" = ${ownerId}::uuid AND (step = 'image' OR step LIKE 'image:%') AND jsonb_typeof(result) = 'string'`;
      const keys = rows.map(({ key }) => key);
      const shares = Array.from({ length: Math.ceil(keys.length / keysPerJob) }, (_, share) =>
        keys.slice(share * keysPerJob, (share + 1) * keysPerJob),
      );
      await jobs.enqueue(
        tx,
        'asset-removals',
        shares.map((share) => ({ id: randomUUID(), data: { keys: share }, ownerId, priority: 0 })),
      );
      // The ledger holds what was written, and outlives its batches.
      // In the order in which answers that arrive lock them.
      await tx.$queryRaw`
        SELECT count(*) FROM (SELECT id FROM provider_calls WHERE "ownerId" = ${ownerId}::uuid ORDER BY id FOR UPDATE) c`;
      await tx.providerCall.deleteMany({ where: { ownerId } });
      await tx.batchSpend.deleteMany({ where: { ownerId } });
      await tx.monthlySpend.deleteMany({ where: { ownerId } });
      await tx.batch.deleteMany({ where: { ownerId } });
      await tx.user.deleteMany({ where: { id: ownerId } });
      return true;
    });
  }

  return {
    async run(viewer) {
      do {
        for (const { id } of await prisma.batch.findMany(unfinished(viewer.userId))) {
          // One that ended by itself meanwhile needs no cancelling.
          await batches.cancel(viewer, id).catch((error: unknown) => {
            if (!(error instanceof BatchStateError || error instanceof NotFoundError)) throw error;
          });
        }
      } while (!(await deleteRows(viewer.userId)));
      changes.account(viewer.userId);
    },
    async removeAssets(job) {
      const { keys } = jobSchema.parse(job);
      // A picture is named after its content, so somebody else may have the very same one.
      const kept = await prisma.$queryRaw<{ key: string }[]>`
        SELECT "imageKey" AS key FROM posts WHERE "imageKey" = ANY(${keys})
        UNION SELECT text FROM post_revisions WHERE field = 'IMAGE' AND text = ANY(${keys})`;
      const stillUsed = new Set(kept.map(({ key }) => key));
      const unused = keys.filter((key) => !stillUsed.has(key));
      for (let done = 0; done < unused.length; done += atOnce) {
        await Promise.all(unused.slice(done, done + atOnce).map((key) => assets.remove(key)));
      }
    },
  };
}
