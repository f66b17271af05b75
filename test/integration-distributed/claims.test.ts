import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { PauseBatchDocument, ResumeBatchDocument } from '../../client/generated/graphql.ts';
import { createChanges } from '../../src/cache/changes.ts';
import { createLocalBus } from '../../src/events/bus.ts';
import { createSuspectSlot } from '../../src/domain/runs/suspects.ts';
import { createPostRuns } from '../../src/services/posts/runs.ts';
import { createRunRecovery, type RunRecovery } from '../../src/services/runs/recovery.ts';
import { createWorkbench } from '../../src/services/runs/workbench.ts';
import type { PostWorkbench } from '../support/workshop.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { createJobs, type Jobs } from '../../src/store/jobs/jobs.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import {
  createCampaign,
  signUp,
  startBatch,
  startTestApp,
  type Account,
  type TestApp,
} from '../support/app.ts';
import { createMigratedDatabase } from '../support/migrated-database.ts';

let app: TestApp;
let account: Account;
let campaignId: string;
let database: Database;
let jobs: Jobs;
let workbench: PostWorkbench;
let recovery: RunRecovery;
beforeAll(async () => {
  const databaseUrl = await createMigratedDatabase(inject('postgresUrl'));
  // Nobody but this test works on its posts.
  app = await startTestApp({ ROLE: 'api', DATABASE_URL: databaseUrl });
  account = await signUp(app);
  campaignId = await createCampaign(account);
  const logger = createLogger('silent');
  database = await openDatabase({ databaseUrl, dataDir: '' }, logger);
  jobs = createJobs(database.bossOptions, logger);
  await jobs.start();
  const changes = createChanges(() => undefined);
  const suspects = createSuspectSlot(0, () => 0);
  const kind = createPostRuns({ jobs, changes });
  workbench = createWorkbench({ database, jobs, bus: createLocalBus(), suspects }, kind);
  recovery = createRunRecovery({ database, jobs, kinds: [{ kind, workbench }] });
});
afterAll(async () => {
  await jobs.stop();
  await database.close();
  await app[Symbol.asyncDispose]();
});

/** Takes a post's job out of the queue, as a worker does that is about to claim it. */
async function fetchOne() {
  const [job] = await jobs.fetch('write-post', 1);
  if (job === undefined) throw new Error('there is no job');
  return job;
}

const stateOf = (job: Awaited<ReturnType<typeof fetchOne>>) =>
  database.query('SELECT state::text AS state FROM pgboss.job WHERE id = $1::uuid', [job.id]);

const claim = (job: Awaited<ReturnType<typeof fetchOne>>) =>
  workbench.claim([{ job, leaseId: randomUUID() }]);

it('a fetched job says its place in the queue, by which kinds of work take turns', async () => {
  await startBatch(account, { campaignId, postCount: 2 });
  const fetched = [await fetchOne(), await fetchOne()];
  const runs = await database.prisma.run.findMany({
    where: { jobId: { in: fetched.map(({ id }) => id) } },
    orderBy: { queuePosition: 'asc' },
  });
  const sums = runs.map(
    ({ queuePosition }, index) => queuePosition + (fetched[index]?.priority ?? Number.NaN),
  );
  expect(sums).toEqual([0, 0]);
});

it('a post is given to one worker where its batch was paused and resumed between fetch and claim', async () => {
  const batchId = await startBatch(account, { campaignId, postCount: 1 });
  const early = await fetchOne();
  await account.run(PauseBatchDocument, { batchId });
  await account.run(ResumeBatchDocument, { batchId });
  const late = await fetchOne();
  const [works, again] = [await claim(late), await claim(early)];
  expect(works).toHaveLength(1);
  expect(again).toEqual([]);
  await jobs.discard('write-post', [early]);
  expect(await stateOf(late)).toEqual([{ state: 'active' }]);
  expect(await workbench.held(works.map(({ leaseId }) => leaseId))).toHaveProperty('size', 1);
});

it('a worker that froze between fetch and claim does not take a post from the one that has it by now', async () => {
  await startBatch(account, { campaignId, postCount: 1 });
  const early = await fetchOne();
  await database.prisma.$executeRaw`
    UPDATE pgboss.job SET heartbeat_on = now() - interval '1 minute' WHERE id = ${early.id}::uuid`;
  await database.prisma.$executeRaw`
    INSERT INTO recovery_watches (id, at, "steadySince") VALUES (1, now(), now() - interval '1 min')
    ON CONFLICT (id) DO UPDATE SET at = excluded.at, "steadySince" = excluded."steadySince"`;
  await recovery.recover(await recovery.findDead());
  const late = await fetchOne();
  const [works, again] = [await claim(late), await claim(early)];
  expect(works).toHaveLength(1);
  expect(again).toEqual([]);
  await jobs.discard('write-post', [early]);
  expect(await stateOf(late)).toEqual([{ state: 'active' }]);
  expect(await workbench.held(works.map(({ leaseId }) => leaseId))).toHaveProperty('size', 1);
});
