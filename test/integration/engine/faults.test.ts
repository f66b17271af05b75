import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { describe, expect } from 'vitest';
import { ResumeBatchDocument } from '../../../client/generated/graphql.ts';
import type { FaultKind } from '../../../src/simulator/behaviour/faults.ts';
import { createCampaign, signUp, startBatch, startTestApp, type TestApp } from '../../support/app.ts';
import { followToEnd, getBatch, getPosts, waitForBatch } from '../../support/batches.ts';
import { test as base } from '../../support/fixtures.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

const test = base.extend('settings', { scope: 'file' }, () => ({ POST_SLOTS: '4' }));
test.beforeEach(({ app }) => {
  app.simulator.control.clearFaults();
  app.simulator.control.resetStats();
});

const calls = (app: TestApp) => {
  const { chat, images } = app.simulator.control.stats();
  return { chat: chat.received, images: images.received };
};

describe('a post', () => {
  test.for([
    ['refusal', 'chat', 'CONTENT_REFUSED'],
    ['refusal', 'images', 'CONTENT_REFUSED'],
    ['empty_image', 'images', 'CONTENT_REFUSED'],
  ] as const)(
    'fails at once where the provider answers %s to its %s',
    async ([kind, endpoint, errorCode], { app, account, campaignId }) => {
      app.simulator.control.setFaults([{ kind, endpoint }]);
      const batchId = await startBatch(account, { campaignId, postCount: 1 });
      await followToEnd(account, batchId);
      expect(await getPosts(account, { batchId })).toMatchObject([{ status: 'FAILED', errorCode }]);
      expect(calls(app)).toEqual({ chat: 1, images: 1 });
    },
  );

  test.for([
    ['server_error', 'chat'],
    ['server_error', 'images'],
    ['cut', 'chat'],
    ['cut', 'images'],
    ['bad_json', 'chat'],
    ['bad_json', 'images'],
  ] as const)(
    'is completed in spite of one %s at %s, and only that part is asked for again',
    async ([kind, endpoint], { app, account, campaignId }) => {
      app.simulator.control.setFaults([{ kind, endpoint, count: 1 }]);
      const batchId = await startBatch(account, { campaignId, postCount: 1 });
      await followToEnd(account, batchId);
      expect(await getPosts(account, { batchId })).toMatchObject([{ status: 'COMPLETED' }]);
      expect(calls(app)).toEqual({ chat: 1, images: 1, [endpoint]: 2 });
    },
  );

  test('is completed in spite of a rate limit, after the time that the provider names', async ({
    app,
    account,
    campaignId,
  }) => {
    app.simulator.control.setFaults([{ kind: 'rate_limited', count: 1 }]);
    const batchId = await startBatch(account, { campaignId, postCount: 1 });
    await followToEnd(account, batchId);
    expect(await getPosts(account, { batchId })).toMatchObject([{ status: 'COMPLETED' }]);
    expect(app.simulator.control.stats().chat.faults.rate_limited).toBeLessThanOrEqual(1);
    expect(calls(app).chat + calls(app).images).toBe(3);
  });

  test('is completed however often the limit is met: that is no fault of the post', async ({
    app,
    account,
    campaignId,
  }) => {
    app.simulator.control.setFaults([{ kind: 'rate_limited', endpoint: 'images', count: 10 }]);
    const batchId = await startBatch(account, { campaignId, postCount: 1 });
    await followToEnd(account, batchId);
    expect(await getPosts(account, { batchId })).toMatchObject([{ status: 'COMPLETED' }]);
    expect(calls(app)).toEqual({ chat: 1, images: 11 });
  });
});

test('a picture is bought once, however long it cannot be stored', async () => {
  const dataDir = await mkdtemp(`${tmpdir()}/pressrun-test-`);
  await using own = await startTestApp({ DATA_DIR: dataDir });
  const user = await signUp(own);
  const campaign = await createCampaign(user);
  // A file in place of the folder.
  await rm(`${dataDir}/assets`, { recursive: true, force: true });
  await writeFile(`${dataDir}/assets`, '');
  const batchId = await startBatch(user, { campaignId: campaign, postCount: 1 });
  await waitUntil(
    'the picture to be drawn',
    async () => own.simulator.control.stats().images.succeeded === 1,
  );
  expect(await getPosts(user, { batchId })).toMatchObject([{ status: 'GENERATING' }]);
  await rm(`${dataDir}/assets`);
  await followToEnd(user, batchId);
  expect(await getPosts(user, { batchId })).toMatchObject([{ status: 'COMPLETED' }]);
  expect(own.simulator.control.stats().images.received).toBe(1);
  await rm(dataDir, { recursive: true, force: true });
});

test('a batch pauses where the account has no credit left, and goes on when there is some', async ({
  app,
  account,
  campaignId,
}) => {
  app.simulator.control.setFaults([{ kind: 'insufficient_quota' }]);
  const batchId = await startBatch(account, { campaignId, postCount: 12 });
  const paused = await waitForBatch(account, batchId, 'is paused', ({ status }) => status === 'PAUSED');
  expect(paused.pauseReason).toBe('QUOTA_EXHAUSTED');
  await waitUntil(
    'every post to wait',
    async () => (await getPosts(account, { batchId, status: ['PENDING'] })).length === 12,
  );
  // One wave of posts met it; nobody else tried.
  expect(calls(app).chat).toBeLessThanOrEqual(4);

  app.simulator.control.clearFaults();
  const { resumeBatch } = await account.run(ResumeBatchDocument, { batchId });
  expect(resumeBatch).toMatchObject({ status: 'RUNNING', pauseReason: null });
  await followToEnd(account, batchId);
  expect(await getBatch(account, batchId)).toMatchObject({
    progress: { completedCount: 12, failedCount: 0 },
  });
});

test('a picture that was paid for when the credit ran out is kept for the resumed batch', async ({
  app,
  account,
  campaignId,
}) => {
  const slow = { p05: 30_000, p95: 30_000 };
  app.simulator.control.setLatency({ imageLatencyMs: slow });
  app.simulator.control.setFaults([{ kind: 'insufficient_quota', endpoint: 'chat' }]);
  const batchId = await startBatch(account, { campaignId, postCount: 1 });
  await waitUntil(
    'the picture to be there',
    async () => app.simulator.control.stats().images.succeeded === 1,
  );
  await waitUntil(
    'the post to wait',
    async () => (await getPosts(account, { batchId, status: ['PENDING'] })).length === 1,
  );
  app.simulator.control.clearFaults();
  await account.run(ResumeBatchDocument, { batchId });
  await followToEnd(account, batchId);
  app.simulator.control.setLatency({ imageLatencyMs: { p05: 5_000, p95: 15_000 } });
  expect(calls(app)).toEqual({ chat: 2, images: 1 });
});

test('a post that is answered with nonsense every time fails in the end, and its batch completes', async ({
  app,
  account,
  campaignId,
}) => {
  app.simulator.control.setFaults([{ kind: 'bad_json', endpoint: 'chat', match: '"variation": 2,' }]);
  const batchId = await startBatch(account, { campaignId, postCount: 4 });
  await waitForBatch(account, batchId, 'is completed', ({ status }) => status === 'COMPLETED');
  expect(await getPosts(account, { batchId })).toMatchObject([
    { status: 'COMPLETED' },
    { status: 'COMPLETED' },
    { status: 'FAILED', position: 2, errorCode: 'BAD_ANSWER', errorMessage: expect.any(String) },
    { status: 'COMPLETED' },
  ]);
  expect(calls(app)).toEqual({ chat: 3 + 3, images: 4 });
});

test('while the provider is down jobs wait, the batch says why, no post fails, and all are made afterwards', async ({
  app,
  account,
  campaignId,
}) => {
  const down: FaultKind = 'server_error';
  app.simulator.control.setFaults([{ kind: down }]);
  const batchId = await startBatch(account, { campaignId, postCount: 12 });
  const waiting = await waitForBatch(account, batchId, 'says why it waits', (b) => b.waitingFor !== null);
  expect(waiting).toMatchObject({ status: 'RUNNING', waitingFor: 'PROVIDER_UNAVAILABLE' });

  // The circuit lets one probe through every 5 s: three probes later hardly more was sent.
  await waitUntil('the first wave to end', () => {
    const { chat, images } = app.simulator.control.stats();
    return chat.inFlight + images.inFlight === 0;
  });
  const sent = calls(app).chat + calls(app).images;
  await waitUntil('two probes', () => calls(app).chat + calls(app).images >= sent + 2);
  expect(calls(app).chat + calls(app).images).toBeLessThanOrEqual(sent + 4);
  expect(await getBatch(account, batchId)).toMatchObject({
    status: 'RUNNING',
    progress: { failedCount: 0 },
  });

  app.simulator.control.clearFaults();
  await waitForBatch(account, batchId, 'is completed', ({ status }) => status === 'COMPLETED');
  expect(await getBatch(account, batchId)).toMatchObject({
    waitingFor: null,
    progress: { completedCount: 12, failedCount: 0 },
  });
});
