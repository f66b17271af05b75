import { expect } from 'vitest';
import { StartBatchDocument } from '../../client/generated/graphql.ts';
import type { App } from '../../src/app.ts';
import { clientOf, createCampaign, startBatch } from '../support/app.ts';
import { followToEnd, getBatch, getPosts } from '../support/batches.ts';
import { test as base } from '../support/fixtures.ts';

let another: App;
const test = base.extend('settings', { scope: 'file' }, () => ({ POST_SLOTS: '5' }));
test.beforeAll(async ({ app }) => {
  another = await app.startAnother();
});
test.beforeEach(({ app }) => app.simulator.control.resetStats());

test('the same idempotency key 50 times at once over two instances starts one batch', async ({
  app,
  account,
  campaignId,
}) => {
  const clients = [clientOf(app, account.token), clientOf(another, account.token)];
  const input = { campaignId, postCount: 3, idempotencyKey: 'once' };
  const answers = await Promise.all(
    Array.from({ length: 25 }, () =>
      clients.map((client) => client.run(StartBatchDocument, { input })),
    ).flat(),
  );
  const ids = answers.map(({ startBatch: started }) =>
    started.__typename === 'Batch' ? started.id : started.__typename,
  );
  expect(ids).toHaveLength(50);
  expect(new Set(ids).size).toBe(1);
  expect(await getPosts(account, { campaignId })).toHaveLength(3);
  // The next test counts calls: none of these may be left.
  await followToEnd(account, ids[0] ?? '');
});

test('two instances share one batch, and each post is made once', async ({ app, account }) => {
  // Long enough (a second in this clock) that both instances have their slots full at the same time.
  app.simulator.control.setLatency({ imageLatencyMs: { p05: 100_000, p95: 100_000 } });
  const campaign = await createCampaign(account);
  const batchId = await startBatch(account, { campaignId: campaign, postCount: 30 });
  await followToEnd(account, batchId);
  expect(await getBatch(account, batchId)).toMatchObject({
    progress: { completedCount: 30, failedCount: 0 },
  });
  const { chat, images } = app.simulator.control.stats();
  expect([chat.received, images.received]).toEqual([30, 30]);
  // More at once than one instance has slots for.
  expect(images.peakInFlight).toBeGreaterThan(5);
});

test('a follower at one instance sees every post that the other one makes', async ({
  account,
  campaignId,
}) => {
  const follower = { ...account, url: `${another.url}/graphql` };
  const batchId = await startBatch(account, { campaignId, postCount: 20 });
  const events = await followToEnd(follower, batchId);
  expect(events.filter(({ __typename }) => __typename === 'PostCompletedEvent')).toHaveLength(20);
});
