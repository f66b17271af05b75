import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { StartBatchDocument } from '../../client/generated/graphql.ts';
import type { App } from '../../src/app.ts';
import {
  clientOf,
  createCampaign,
  signUp,
  startBatch,
  startTestApp,
  type Account,
  type TestApp,
} from '../support/app.ts';
import { followToEnd, getBatch, getPosts } from '../support/batches.ts';

let app: TestApp;
let another: App;
let account: Account;
let campaignId: string;
beforeAll(async () => {
  app = await startTestApp({ POST_SLOTS: '5' });
  another = await app.startAnother();
  account = await signUp(app);
  campaignId = await createCampaign(account);
});
afterAll(() => app[Symbol.asyncDispose]());
beforeEach(() => app.simulator.control.resetStats());

it('the same idempotency key 50 times at once over two instances starts one batch', async () => {
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

it('two instances share one batch, and each post is made once', async () => {
  // Long enough (300 ms in this clock) that both instances have their slots full at the same time.
  app.simulator.control.setLatency({ imageLatencyMs: { p05: 30_000, p95: 30_000 } });
  const campaign = await createCampaign(account);
  const batchId = await startBatch(account, { campaignId: campaign, postCount: 60 });
  await followToEnd(account, batchId);
  expect(await getBatch(account, batchId)).toMatchObject({
    progress: { completedCount: 60, failedCount: 0 },
  });
  const { chat, images } = app.simulator.control.stats();
  expect([chat.received, images.received]).toEqual([60, 60]);
  // More at once than one instance has slots for.
  expect(images.peakInFlight).toBeGreaterThan(5);
});

it('a follower at one instance sees every post that the other one makes', async () => {
  const follower = { ...account, url: `${another.url}/graphql` };
  const batchId = await startBatch(account, { campaignId, postCount: 20 });
  const events = await followToEnd(follower, batchId);
  expect(events.filter(({ __typename }) => __typename === 'PostCompletedEvent')).toHaveLength(20);
});
