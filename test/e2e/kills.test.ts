import { expect, it } from 'vitest';
import { CancelBatchDocument, PauseBatchDocument, ResumeBatchDocument } from '../../client/index.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createCampaign, signUp, startBatch } from '../support/app.ts';
import { followToEnd, getBatch, getPosts } from '../support/batches.ts';
import { createHome, type Home } from '../support/e2e/home.ts';
import { startPressrun } from '../support/e2e/pressrun.ts';
import { freePort } from '../support/services/free-port.ts';
import { waitUntil } from '../support/services/wait-until.ts';

/** Kills a server with four posts in hand, and starts it again on the same port. */
async function killAndRestart(home: Home) {
  const settings = { PORT: String(await freePort()), SIMULATOR_TIME_SCALE: '0.2', POST_SLOTS: '4' };
  const killed = await startPressrun(home, settings);
  const account = await signUp(killed);
  const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 6 });
  const inHand = async () => (await getPosts(account, { batchId, status: ['GENERATING'] })).length;
  await waitUntil('posts in hand', async () => (await inHand()) === 4);
  await killed.end('SIGKILL');
  return { account, batchId, inHand, app: await startPressrun(home, settings) };
}

it('a batch that is paused after its process was killed has no post in hand soon, and goes on', async () => {
  await using home = await createHome();
  const { account, batchId, inHand } = await killAndRestart(home);
  await account.run(PauseBatchDocument, { batchId });
  await waitUntil('no post in hand', async () => (await inHand()) === 0);
  expect(await getBatch(account, batchId)).toMatchObject({ status: 'PAUSED' });
  await account.run(ResumeBatchDocument, { batchId });
  await followToEnd(account, batchId);
  expect(await getBatch(account, batchId)).toMatchObject({ progress: { completedCount: 6, failedCount: 0 } });
});

it('a batch that is cancelled after its process was killed leaves no open call and no job', async () => {
  await using home = await createHome();
  const { account, batchId, app } = await killAndRestart(home);
  await account.run(CancelBatchDocument, { batchId });
  await app.end('SIGTERM');
  const database = await openDatabase(
    { databaseUrl: undefined, dataDir: home.dataDir },
    createLogger('silent'),
  );
  try {
    expect(await database.prisma.providerCall.count({ where: { status: { in: ['INTENT', 'SENT'] } } })).toBe(
      0,
    );
    expect(
      await database.prisma
        .$queryRaw`SELECT id FROM pgboss.job WHERE name = 'write-post' AND state IN ('created', 'retry', 'active')`,
    ).toEqual([]);
  } finally {
    await database.close();
  }
});
