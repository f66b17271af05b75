import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  CancelBatchDocument,
  PauseBatchDocument,
  ResumeBatchDocument,
  RetryFailedPostsDocument,
  SetBatchPriorityDocument,
} from '../../../client/generated/graphql.ts';
import {
  createCampaign,
  signUp,
  startBatch,
  startTestApp,
  type Account,
  type TestApp,
} from '../../support/app.ts';
import {
  absentId,
  followToEnd,
  getBatch,
  getPosts,
  notFound,
  stored,
  waitForBatch,
} from '../../support/batches.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

let app: TestApp;
let account: Account;
let campaignId: string;
beforeAll(async () => {
  app = await startTestApp({ POST_SLOTS: '4' });
  account = await signUp(app);
  campaignId = await createCampaign(account);
});
afterAll(() => app[Symbol.asyncDispose]());
beforeEach(async () => {
  // A cancelled batch's calls are aborted soon after the answer, and would count as the next test's.
  await waitUntil('the calls of the test before to end', () => callsInFlight() === 0);
  quick();
  app.simulator.control.clearFaults();
  app.simulator.control.resetStats();
});

/** A hundredth of what the provider takes. */
function quick() {
  app.simulator.control.setLatency({
    captionLatencyMs: { p05: 2_000, p95: 6_000 },
    imageLatencyMs: { p05: 5_000, p95: 15_000 },
  });
}

/** Every call takes this long. */
function slow(ms: number) {
  const range = { p05: ms * 100, p95: ms * 100 };
  app.simulator.control.setLatency({ captionLatencyMs: range, imageLatencyMs: range });
}

const callsInFlight = () => {
  const { chat, images } = app.simulator.control.stats();
  return chat.inFlight + images.inFlight;
};
const callsReceived = () => {
  const { chat, images } = app.simulator.control.stats();
  return chat.received + images.received;
};

/** A batch with posts in flight and posts that wait. */
async function startSlowBatch(callMs: number, postCount = 10) {
  slow(callMs);
  const batchId = await startBatch(account, { campaignId, postCount });
  await waitUntil('four posts in flight', () => callsInFlight() === 8);
  return batchId;
}

/** A batch of five of which two fail; returns it and its events so far. */
async function startFailingBatch() {
  app.simulator.control.setFaults([{ kind: 'refusal', endpoint: 'chat', count: 2 }]);
  const batchId = await startBatch(account, { campaignId, postCount: 5 });
  const events = stored(await followToEnd(account, batchId));
  app.simulator.control.clearFaults();
  return { batchId, events };
}

const cancel = async (batchId: string, by = account) =>
  (await by.run(CancelBatchDocument, { batchId })).cancelBatch;
const pause = async (batchId: string, by = account) =>
  (await by.run(PauseBatchDocument, { batchId })).pauseBatch;
const resume = async (batchId: string, by = account) =>
  (await by.run(ResumeBatchDocument, { batchId })).resumeBatch;
const retry = async (batchId: string, by = account) =>
  (await by.run(RetryFailedPostsDocument, { batchId })).retryFailedPosts;
const prioritise = async (batchId: string, by = account, priority: 'LOW' | 'NORMAL' | 'HIGH' = 'HIGH') =>
  (await by.run(SetBatchPriorityDocument, { batchId, priority })).setBatchPriority;

const typesOf = (events: { __typename: string }[]) => events.map(({ __typename }) => __typename);

describe('cancelBatch', () => {
  it('makes every waiting and running post CANCELLED in its answer', async () => {
    const batchId = await startSlowBatch(20_000);
    expect(await cancel(batchId)).toMatchObject({
      status: 'CANCELLED',
      progress: { cancelledCount: 10, completedCount: 0, remainingCount: 0 },
    });
    const posts = await getPosts(account, { batchId });
    expect(posts.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 'CANCELLED'));
  });

  it('aborts the calls under way and starts no other', async () => {
    const batchId = await startSlowBatch(20_000);
    await cancel(batchId);
    await waitUntil('the calls to be aborted', () => callsInFlight() === 0);
    const { chat, images } = app.simulator.control.stats();
    expect([chat.aborted, images.aborted]).toEqual([4, 4]);
    expect(callsReceived()).toBe(8);
  });

  it('leaves no post that becomes COMPLETED afterwards', async () => {
    const batchId = await startSlowBatch(300);
    const cancelled = await cancel(batchId);
    // What answers before the worker hears of it comes too late all the same.
    await waitUntil('all calls to end', () => callsInFlight() === 0);
    quick();
    await followToEnd(account, await startBatch(account, { campaignId, postCount: 4 }));
    expect(await getPosts(account, { batchId, status: ['COMPLETED'] })).toEqual([]);
    expect(await getBatch(account, batchId)).toMatchObject({
      status: 'CANCELLED',
      progress: cancelled.__typename === 'Batch' ? cancelled.progress : {},
    });
  });

  it('ends the stream with the cancellation', async () => {
    const batchId = await startSlowBatch(20_000);
    const following = followToEnd(account, batchId);
    await cancel(batchId);
    expect(typesOf(stored(await following))).toEqual(['BatchStartedEvent', 'BatchCancelledEvent']);
  });

  it('shows who comes later the end of the stream as well', async () => {
    const batchId = await startSlowBatch(20_000);
    await cancel(batchId);
    const events = await followToEnd(account, batchId);
    expect(typesOf(stored(events))).toEqual(['BatchStartedEvent', 'BatchCancelledEvent']);
    const last = events.at(-1)?.cursor ?? '';
    expect(typesOf(await followToEnd(account, batchId, { after: last }))).toEqual(['BatchSnapshotEvent']);
  });

  it('keeps the posts that are completed', async () => {
    slow(50);
    const batchId = await startBatch(account, { campaignId, postCount: 40 });
    await waitForBatch(account, batchId, 'has completed posts', (b) => b.progress.completedCount >= 4);
    await cancel(batchId);
    const { progress } = await getBatch(account, batchId);
    expect(await getPosts(account, { batchId, status: ['COMPLETED'] })).toHaveLength(progress.completedCount);
    expect(progress.completedCount + progress.cancelledCount).toBe(40);
  });

  it('may be repeated', async () => {
    const batchId = await startSlowBatch(20_000);
    const first = await cancel(batchId);
    expect(await cancel(batchId)).toEqual(first);
    expect(typesOf(stored(await followToEnd(account, batchId)))).toHaveLength(2);
  });

  it('refuses a batch that is completed', async () => {
    const batchId = await startBatch(account, { campaignId, postCount: 1 });
    await followToEnd(account, batchId);
    expect(await cancel(batchId)).toMatchObject({ __typename: 'BatchStateError', code: 'BATCH_STATE' });
  });

  it('calls off a paused batch', async () => {
    const batchId = await startSlowBatch(300);
    await pause(batchId);
    expect(await cancel(batchId)).toMatchObject({ status: 'CANCELLED', pauseReason: null });
  });
});

describe('pauseBatch', () => {
  it('starts no further post, and finishes those in flight', async () => {
    const batchId = await startSlowBatch(600);
    expect(await pause(batchId)).toMatchObject({ status: 'PAUSED', pauseReason: 'REQUESTED' });
    await waitForBatch(account, batchId, 'has finished its posts', (b) => b.progress.completedCount === 4);
    expect(await getPosts(account, { batchId, status: ['PENDING'] })).toHaveLength(6);

    // Another batch goes through the same slots meanwhile, which the paused one's posts stood before.
    quick();
    await followToEnd(account, await startBatch(account, { campaignId, postCount: 2 }));
    expect(callsReceived()).toBe(8 + 4);
    expect(await getBatch(account, batchId)).toMatchObject({ status: 'PAUSED' });
    await cancel(batchId);
  });

  it('may be repeated, and tells of it once', async () => {
    const batchId = await startSlowBatch(300);
    await Promise.all([pause(batchId), pause(batchId), pause(batchId)]);
    await waitForBatch(account, batchId, 'has finished its posts', (b) => b.progress.completedCount === 4);
    await resume(batchId);
    quick();
    const types = typesOf(stored(await followToEnd(account, batchId)));
    expect(types.filter((type) => type === 'BatchPausedEvent')).toHaveLength(1);
  });

  it('refuses a batch that is cancelled', async () => {
    const batchId = await startSlowBatch(20_000);
    await cancel(batchId);
    expect(await pause(batchId)).toMatchObject({ __typename: 'BatchStateError', code: 'BATCH_STATE' });
  });

  it('gives no reason any more once the posts in flight were the last', async () => {
    const batchId = await startSlowBatch(300, 4);
    await pause(batchId);
    const ended = await waitForBatch(
      account,
      batchId,
      'is completed',
      ({ status }) => status === 'COMPLETED',
    );
    expect(ended.pauseReason).toBeNull();
  });
});

describe('resumeBatch', () => {
  it('goes on where it stopped and buys nothing twice', async () => {
    const batchId = await startSlowBatch(300);
    await pause(batchId);
    expect(await resume(batchId)).toMatchObject({ status: 'RUNNING', pauseReason: null });
    await followToEnd(account, batchId);
    expect(await getBatch(account, batchId)).toMatchObject({
      status: 'COMPLETED',
      progress: { completedCount: 10 },
    });
    expect(callsReceived()).toBe(20);
  });

  it('may be repeated, and tells of it once', async () => {
    const batchId = await startSlowBatch(300);
    await pause(batchId);
    await Promise.all([resume(batchId), resume(batchId), resume(batchId)]);
    const types = typesOf(stored(await followToEnd(account, batchId)));
    expect(types.filter((type) => type === 'BatchResumedEvent')).toHaveLength(1);
    expect(callsReceived()).toBe(20);
  });

  it('refuses a batch that is cancelled', async () => {
    const batchId = await startSlowBatch(20_000);
    await cancel(batchId);
    expect(await resume(batchId)).toMatchObject({ __typename: 'BatchStateError', code: 'BATCH_STATE' });
  });
});

describe('retryFailedPosts', () => {
  it('makes only the failed posts again', async () => {
    const { batchId } = await startFailingBatch();
    const before = await getPosts(account, { batchId, status: ['COMPLETED'] });
    expect(await retry(batchId)).toMatchObject({
      status: 'RUNNING',
      finishedAt: null,
      progress: { completedCount: 3, failedCount: 0, remainingCount: 2 },
    });
    await followToEnd(account, batchId);
    const after = await getPosts(account, { batchId, status: ['COMPLETED'] });
    expect(after).toHaveLength(5);
    expect(after).toEqual(expect.arrayContaining(before));
  });

  it('does not buy again what was paid for', async () => {
    slow(3_000);
    // The picture is there long before the refusal, on a busy machine too.
    app.simulator.control.setLatency({ imageLatencyMs: { p05: 0, p95: 0 } });
    const { batchId } = await startFailingBatch();
    await retry(batchId);
    await followToEnd(account, batchId);
    const { chat, images } = app.simulator.control.stats();
    expect([chat.received, images.received]).toEqual([7, 5]);
  });

  it('tells the whole story to a follower from the first event, through the reopening', async () => {
    const { batchId, events } = await startFailingBatch();
    await retry(batchId);
    await waitForBatch(account, batchId, 'is completed', ({ status }) => status === 'COMPLETED');
    const story = stored(await followToEnd(account, batchId));
    expect(story.slice(0, events.length)).toMatchObject(
      events.map(({ __typename, cursor }) => ({ __typename, cursor })),
    );
    expect(typesOf(story.slice(events.length))).toEqual([
      'PostsRetriedEvent',
      'PostCompletedEvent',
      'PostCompletedEvent',
      'BatchCompletedEvent',
    ]);
    expect(story.map(({ cursor }) => Number(cursor))).toEqual(story.map((_, index) => index + 1));
  });

  it('may be repeated', async () => {
    const { batchId } = await startFailingBatch();
    await Promise.all([retry(batchId), retry(batchId), retry(batchId)]);
    const types = typesOf(stored(await followToEnd(account, batchId)));
    expect(types.filter((type) => type === 'PostsRetriedEvent')).toHaveLength(1);
    expect(await retry(batchId)).toMatchObject({ status: 'COMPLETED' });
  });

  it('refuses a batch that is cancelled', async () => {
    const batchId = await startSlowBatch(20_000);
    await cancel(batchId);
    expect(await retry(batchId)).toMatchObject({ __typename: 'BatchStateError', code: 'BATCH_STATE' });
  });
});

describe('setBatchPriority', () => {
  const completed = async (batchId: string, by = account) =>
    (await getBatch(by, batchId)).progress.completedCount;

  it('puts a batch before the owner’s other ones', async () => {
    const first = await startSlowBatch(1_000, 40);
    const second = await startBatch(account, { campaignId, postCount: 8 });
    expect(await prioritise(second)).toMatchObject({ priority: 'HIGH' });
    await followToEnd(account, second);
    expect(await completed(first)).toBeLessThan(20);
    await cancel(first);
  });

  it('puts a batch behind the owner’s other ones', async () => {
    const first = await startSlowBatch(1_000, 40);
    const second = await startBatch(account, { campaignId, postCount: 8 });
    await prioritise(first, account, 'LOW');
    await followToEnd(account, second);
    expect(await completed(first)).toBeLessThan(20);
    await cancel(first);
  });

  it('makes every post once, whatever is reordered while it runs', async () => {
    const first = await startSlowBatch(300, 30);
    const second = await startBatch(account, { campaignId, postCount: 20 });
    for (const priority of ['HIGH', 'LOW', 'NORMAL', 'HIGH'] as const)
      await prioritise(second, account, priority);
    await Promise.all([followToEnd(account, first), followToEnd(account, second)]);
    expect(await completed(first)).toBe(30);
    expect(await completed(second)).toBe(20);
    expect(callsReceived()).toBe(100);
  });

  it('gains nothing on another owner', async () => {
    const other = await signUp(app);
    const theirCampaignId = await createCampaign(other);
    const mine = await startSlowBatch(300, 60);
    const theirs = await startBatch(other, { campaignId: theirCampaignId, postCount: 10 });
    await prioritise(mine);
    await followToEnd(other, theirs);
    expect(await completed(mine)).toBeLessThan(40);
    await cancel(mine);
  });

  it('may be repeated', async () => {
    const batchId = await startSlowBatch(20_000);
    const first = await prioritise(batchId);
    expect(await prioritise(batchId)).toMatchObject({ __typename: 'Batch', priority: 'HIGH' });
    expect(first).toMatchObject({ __typename: 'Batch', priority: 'HIGH' });
    await cancel(batchId);
  });

  it('takes paused batches along', async () => {
    const paused = await startSlowBatch(300, 12);
    await pause(paused);
    const running = await startBatch(account, { campaignId, postCount: 12 });
    await prioritise(paused);
    await followToEnd(account, running);
    await resume(paused);
    await followToEnd(account, paused);
    expect(callsReceived()).toBe(48);
  });
});

describe.each([
  ['cancelBatch', cancel],
  ['pauseBatch', pause],
  ['resumeBatch', resume],
  ['retryFailedPosts', retry],
  ['setBatchPriority', prioritise],
] as const)('%s', (_name, control) => {
  it('answers NOT_FOUND for somebody else’s batch and for none alike, and changes nothing', async () => {
    const other = await signUp(app);
    const batchId = await startSlowBatch(20_000);
    expect(await control(batchId, other)).toMatchObject(notFound('batch'));
    expect(await control(absentId('Batch'), other)).toMatchObject(notFound('batch'));
    expect(await getBatch(account, batchId)).toMatchObject({ status: 'RUNNING', priority: 'NORMAL' });
    await cancel(batchId);
  });

  it('names a malformed id', async () => {
    expect(await control('nonsense')).toMatchObject({
      __typename: 'InvalidInputError',
      fields: [{ path: 'input.batchId' }],
    });
  });
});
