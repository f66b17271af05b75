import { expect, it } from 'vitest';
import { clientOf, createCampaign, signUp, startBatch, startTestApp } from '../../support/app.ts';
import { followToEnd, getBatch } from '../../support/batches.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

it('gives posts whose jobs are gone new ones, and completes their batch', async () => {
  await using app = await startTestApp({ POST_SLOTS: '1' });
  const account = await signUp(app);
  const slow = { p05: 50_000, p95: 50_000 };
  app.simulator.control.setLatency({ captionLatencyMs: slow, imageLatencyMs: slow });
  const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 4 });
  await waitUntil('the first call', () => app.simulator.control.stats().chat.received > 0);

  await using restarted = await app.restart(async (prisma) => {
    expect(await prisma.$executeRaw`DELETE FROM pgboss.job WHERE name = 'write-post'`).toBeGreaterThanOrEqual(
      3,
    );
  });
  app.simulator.control.setLatency({
    captionLatencyMs: { p05: 0, p95: 0 },
    imageLatencyMs: { p05: 0, p95: 0 },
  });
  const again = { ...account, url: `${restarted.url}/graphql`, run: clientOf(restarted, account.token).run };
  await followToEnd(again, batchId);
  expect(await getBatch(again, batchId)).toMatchObject({
    status: 'COMPLETED',
    progress: { completedCount: 4, failedCount: 0 },
  });
});

it('goes on with a batch after a restart', async () => {
  await using app = await startTestApp({ POST_SLOTS: '2' });
  const account = await signUp(app);
  const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 30 });
  await waitUntil('some calls', () => app.simulator.control.stats().chat.received > 4);
  await using restarted = await app.restart();
  const again = { ...account, url: `${restarted.url}/graphql`, run: clientOf(restarted, account.token).run };
  await followToEnd(again, batchId);
  expect(await getBatch(again, batchId)).toMatchObject({ progress: { completedCount: 30 } });
  expect(app.simulator.control.stats().chat.received).toBe(30);
});
