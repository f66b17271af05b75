import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { createChanges } from '../../src/cache/changes.ts';
import { createSuspectSlot } from '../../src/domain/runs/suspects.ts';
import type { Viewer } from '../../src/domain/viewer.ts';
import { createLocalBus } from '../../src/events/bus.ts';
import { createBatches } from '../../src/services/batches/batches.ts';
import type { PostResult, PostWork } from '../../src/services/posts/results.ts';
import { createPostRuns } from '../../src/services/posts/runs.ts';
import { createRunRecovery } from '../../src/services/runs/recovery.ts';
import { createWorkbench, type Workbench } from '../../src/services/runs/workbench.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { createJobs } from '../../src/store/jobs/jobs.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { sampleCampaign } from './app.ts';
import { databaseOfSuite } from './migrated-database.ts';

/** What a process does to the runs that write posts. */
export type PostWorkbench = Workbench<PostWork, PostResult>;

export type Workshop = Awaited<ReturnType<typeof openWorkshop>>;

/** What workers are made of, on the suite's database, without servers and without a provider. */
export async function openWorkshop() {
  await using opened = new AsyncDisposableStack();
  const logger = createLogger('silent');
  const dataDir = await mkdtemp(`${tmpdir()}/pressrun-test-`);
  opened.defer(() => rm(dataDir, { recursive: true, force: true }));
  const databaseUrl = await databaseOfSuite();
  const database = await openDatabase({ databaseUrl, dataDir }, logger);
  opened.defer(() => database.close());
  // Another instance has connections of its own; the embedded database has one for all.
  const elsewhere =
    databaseUrl === undefined ? database : await openDatabase({ databaseUrl, dataDir }, logger);
  if (elsewhere !== database) opened.defer(() => elsewhere.close());
  const jobs = createJobs(database.bossOptions, logger);
  await jobs.start();
  opened.defer(() => jobs.stop());
  const changes = createChanges(() => undefined);
  const deps = { database, jobs, bus: createLocalBus(), changes, plansBatches: false };
  const batches = createBatches(deps);
  const kind = createPostRuns({ jobs, changes });
  const rest = opened.move();
  return {
    database,
    elsewhere,
    jobs,
    changes,
    batches,
    /** What a process has of its own. @param isQuiet whether it has lived long enough to run suspects. */
    startProcess(isQuiet: boolean): PostWorkbench {
      const suspects = createSuspectSlot(isQuiet ? 0 : Number.POSITIVE_INFINITY, () => 0);
      return createWorkbench({ ...deps, suspects }, kind);
    },
    /** As if the database had answered workers for a minute. */
    async beSteady() {
      await database.prisma.$executeRaw`
        INSERT INTO recovery_watches (id, at, "steadySince") VALUES (1, now(), now() - interval '1 min')
        ON CONFLICT (id) DO UPDATE SET at = excluded.at, "steadySince" = excluded."steadySince"`;
    },
    recoveryBy: (workbench: PostWorkbench) => createRunRecovery({ ...deps, kinds: [{ kind, workbench }] }),
    /** @returns a new account with a campaign. `campaignId` is the one that services take. */
    async addAccount() {
      const user = await database.prisma.user.create({
        data: { email: `${randomUUID()}@example.com`, passwordHash: '' },
      });
      const campaign = await database.prisma.campaign.create({
        data: { ...sampleCampaign, ownerId: user.id },
      });
      const campaignId = Buffer.from(`Campaign:${campaign.id}`).toString('base64url');
      const viewer: Viewer = {
        userId: user.id,
        workspaceId: user.id,
        role: 'OWNER',
        sessionId: randomUUID(),
        expiresAt: new Date(Date.now() + 3_600_000),
      };
      return {
        viewer,
        campaign,
        campaignId,
      };
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

export type Account = Awaited<ReturnType<Workshop['addAccount']>>;

/** Ledger and sums that do not agree: there must be none. */
export async function driftOf({ prisma }: Database): Promise<unknown[]> {
  return prisma.$queryRaw`
    WITH calls AS (
      SELECT "batchId", "ownerId", date_trunc('month', "createdAt" AT TIME ZONE 'UTC')::date AS month,
             CASE WHEN status IN ('SETTLED', 'FAILED') THEN coalesce("costMicros", 0) ELSE "estimateMicros" END AS micros
      FROM provider_calls
    ), batch AS (SELECT "batchId", sum(micros) AS micros FROM calls WHERE "batchId" IS NOT NULL GROUP BY 1
    ), owner AS (SELECT "ownerId", month, sum(micros) AS micros FROM calls GROUP BY 1, 2)
    SELECT 'batch' AS of, "batchId"::text AS id, micros::float8 AS ledger, "committedMicros"::float8 AS kept
    FROM batch FULL JOIN batch_spends USING ("batchId")
    WHERE coalesce(micros, 0) <> coalesce("committedMicros", 0)
    UNION ALL
    SELECT 'month', concat("ownerId", ' ', month), micros::float8, "committedMicros"::float8
    FROM owner FULL JOIN monthly_spends USING ("ownerId", month)
    WHERE coalesce(micros, 0) <> coalesce("committedMicros", 0)`;
}
