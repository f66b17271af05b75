import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ApprovePlanDocument,
  CancelBatchDocument,
  CountsDocument,
  PauseBatchDocument,
  ResumeBatchDocument,
  RetryFailedPostsDocument,
  SetBatchPriorityDocument,
  StartBatchDocument,
  UpdateCampaignDocument,
  type PostFilter,
} from '../../../client/generated/graphql.ts';
import {
  clientOf,
  createCampaign,
  signUp,
  startBatch,
  startTestApp,
  type Account,
  type TestApp,
} from '../../support/app.ts';
import { getBatch, waitForBatch } from '../../support/batches.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ POST_SLOTS: '20' });
});
afterAll(() => app[Symbol.asyncDispose]());

async function countOf(account: Account, posts: PostFilter): Promise<number> {
  return (await account.run(CountsDocument, { posts })).posts.totalCount;
}

async function waitForPosts(account: Account, filter: PostFilter, count: number) {
  await waitUntil(`${count} posts`, async () => (await countOf(account, filter)) === count, {
    intervalMs: 100,
  });
}

/** No call of the provider ends before the test. */
function holdCalls() {
  const range = { p05: 100_000_000, p95: 100_000_000 };
  app.simulator.control.setLatency({ captionLatencyMs: range, imageLatencyMs: range });
}

function quickCalls() {
  const range = { p05: 1_000, p95: 1_000 };
  app.simulator.control.setLatency({ captionLatencyMs: range, imageLatencyMs: range });
}

/** Each position of 1 to `count` once. */
async function expectEveryPositionOnce(account: Account, batchId: string, count: number) {
  const positions: number[] = [];
  const response = await fetch(`${new URL(account.url).origin}/export/batches/${batchId}.jsonl`, {
    headers: { authorization: `Bearer ${account.token}` },
  });
  for (const line of (await response.text()).trim().split('\n')) {
    const row: unknown = JSON.parse(line);
    if (typeof row === 'object' && row !== null && 'position' in row) positions.push(Number(row.position));
  }
  expect(positions.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, place) => place + 1));
}

describe('a large order', () => {
  it('is written beside what others write: nobody waits for the whole of it', async () => {
    holdCalls();
    const [orderer, other] = [await signUp(app), await signUp(app)];
    const [campaignId, otherId] = [await createCampaign(orderer), await createCampaign(other)];
    const startedAt = performance.now();
    const orders = Promise.all([1, 2, 3].map(() => startBatch(orderer, { campaignId, postCount: 800 })));
    const written = orders.then(() => waitForPosts(orderer, { campaignId }, 2_400));
    let slowestMs = 0;
    const ending = new AbortController();
    void written.finally(() => ending.abort());
    while (!ending.signal.aborted) {
      const writeAt = performance.now();
      await other.run(UpdateCampaignDocument, { input: { campaignId: otherId, name: `At ${writeAt}` } });
      slowestMs = Math.max(slowestMs, performance.now() - writeAt);
      // The pace of somebody who writes; nothing is waited for.
      await delay(50);
    }
    await written;
    expect(slowestMs).toBeLessThan((performance.now() - startedAt) / 3);
    for (const batchId of await orders) await orderer.run(CancelBatchDocument, { batchId });
  });

  it('is answered before its posts are there, and has every position once, across a restart', async () => {
    holdCalls();
    const account = await signUp(app);
    const campaignId = await createCampaign(account);
    const batchId = await startBatch(account, { campaignId, postCount: 600 });
    expect(await countOf(account, { campaignId })).toBeLessThan(600);
    app = await app.restart();
    const again = { ...account, url: `${app.url}/graphql`, run: clientOf(app, account.token).run };
    await waitForPosts(again, { campaignId }, 600);
    await expectEveryPositionOnce(again, batchId, 600);
    await again.run(CancelBatchDocument, { batchId });
  });

  it('that is cancelled while it is written counts as cancelled at once, and all its posts become so', async () => {
    holdCalls();
    const account = await signUp(app);
    const campaignId = await createCampaign(account);
    const batchId = await startBatch(account, { campaignId, postCount: 600 });
    await waitUntil('some posts', async () => (await countOf(account, { campaignId })) > 0);
    await account.run(CancelBatchDocument, { batchId });
    const { status, progress } = await getBatch(account, batchId);
    expect({ status, cancelled: progress.cancelledCount }).toEqual({ status: 'CANCELLED', cancelled: 600 });
    await waitForPosts(account, { campaignId, status: ['CANCELLED'] }, 600);
  });

  it('that is paused while it is written starts no post, and is completed after it is resumed', async () => {
    quickCalls();
    const account = await signUp(app);
    const campaignId = await createCampaign(account);
    const batchId = await startBatch(account, { campaignId, postCount: 150 });
    await account.run(PauseBatchDocument, { batchId });
    await waitForPosts(account, { campaignId }, 150);
    await waitForPosts(account, { campaignId, status: ['GENERATING'] }, 0);
    const { completedCount } = (await getBatch(account, batchId)).progress;
    // Workers have looked for work meanwhile.
    const other = await startBatch(account, { campaignId: await createCampaign(account), postCount: 3 });
    await waitForBatch(account, other, 'is completed', isOver);
    expect((await getBatch(account, batchId)).progress.completedCount).toBe(completedCount);
    await account.run(ResumeBatchDocument, { batchId });
    const done = await waitForBatch(account, batchId, 'is completed', isOver);
    expect(done.progress.completedCount).toBe(150);
    await expectEveryPositionOnce(account, batchId, 150);
  });

  it('whose failed posts are all run again is completed once all of them are', async () => {
    quickCalls();
    const account = await signUp(app);
    const campaignId = await createCampaign(account);
    app.simulator.control.setFaults([{ kind: 'refusal', endpoint: 'chat' }]);
    const batchId = await startBatch(account, { campaignId, postCount: 150 });
    const failed = await waitForBatch(account, batchId, 'has failed', isOver);
    expect(failed.progress.failedCount).toBe(150);
    app.simulator.control.clearFaults();
    const { retryFailedPosts } = await account.run(RetryFailedPostsDocument, { batchId });
    if (retryFailedPosts.__typename !== 'Batch') throw new Error(retryFailedPosts.__typename);
    const done = await waitForBatch(account, batchId, 'is completed', isOver);
    expect(done.progress).toMatchObject({ completedCount: 150, failedCount: 0, cancelledCount: 0 });
    expect(await countOf(account, { campaignId, status: ['COMPLETED'] })).toBe(150);
  });

  it('that is cancelled while failed posts are to be run again leaves none that is neither', async () => {
    quickCalls();
    const account = await signUp(app);
    const campaignId = await createCampaign(account);
    app.simulator.control.setFaults([{ kind: 'refusal', endpoint: 'chat' }]);
    const batchId = await startBatch(account, { campaignId, postCount: 150 });
    await waitForBatch(account, batchId, 'has failed', isOver);
    app.simulator.control.clearFaults();
    holdCalls();
    await account.run(RetryFailedPostsDocument, { batchId });
    await account.run(CancelBatchDocument, { batchId });
    const { progress } = await getBatch(account, batchId);
    expect(progress).toMatchObject({ completedCount: 0, failedCount: 0, cancelledCount: 150 });
    await waitForPosts(account, { campaignId, status: ['CANCELLED'] }, 150);
  });

  it('of a higher priority comes before the owner’s other posts, though it was written after them', async () => {
    // Long enough for both to be written; those in flight end by themselves.
    const range = { p05: 500_000, p95: 500_000 };
    app.simulator.control.setLatency({ captionLatencyMs: range, imageLatencyMs: range });
    const account = await signUp(app);
    const campaignId = await createCampaign(account);
    const first = await startBatch(account, { campaignId, postCount: 150 });
    await waitForPosts(account, { campaignId }, 150);
    const urgent = await startBatch(account, { campaignId, postCount: 150 });
    await account.run(SetBatchPriorityDocument, { batchId: urgent, priority: 'HIGH' });
    await waitForPosts(account, { campaignId }, 300);
    quickCalls();
    const progressOf = async (id: string) => (await getBatch(account, id)).progress.completedCount;
    await waitForBatch(account, urgent, 'is completed', isOver);
    // In flight before, and at the same time as its last ones.
    expect(await progressOf(first)).toBeLessThan(100);
    await account.run(CancelBatchDocument, { batchId: first });
  });
});

it('refuses orders beyond a hundred thousand posts that are not written yet, and writes nothing', async () => {
  await using own = await startTestApp();
  const account = await signUp(own);
  const campaignId = await createCampaign(account);
  const row = { angle: 'a', hook: 'h', keyMessage: 'k', scene: 's', audience: 'u' };
  const planned = await startBatch(account, {
    campaignId,
    rows: Array.from({ length: 2_500 }, () => row),
    channels: ['X', 'INSTAGRAM'],
    languages: ['en', 'de'],
    review: true,
  });
  for (let order = 0; order < 10; order += 1) await startBatch(account, { campaignId, postCount: 10_000 });
  const { approvePlan } = await account.run(ApprovePlanDocument, { batchId: planned });
  expect(approvePlan).toMatchObject({ __typename: 'OrderLimitError', code: 'ORDER_LIMIT' });
  const refusal = await account.run(StartBatchDocument, { input: { campaignId, postCount: 10_000 } });
  expect(refusal.startBatch).toMatchObject({ __typename: 'OrderLimitError', code: 'ORDER_LIMIT' });
  expect((await account.run(CountsDocument, {})).batches.totalCount).toBe(11);
});

function isOver({ status }: { status: string }) {
  return status === 'COMPLETED';
}
