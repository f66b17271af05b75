import { describe, expect } from 'vitest';
import {
  ApprovePostsDocument,
  CancelBatchDocument,
  PauseBatchDocument,
  RegeneratePostsDocument,
  RejectPostsDocument,
  ResumeBatchDocument,
  type PostFilter,
  type RegeneratePostsInput,
  type ReviewPostsInput,
} from '../../../client/generated/graphql.ts';
import { toGlobalId } from '../../../src/domain/ids.ts';
import { createLocalBus } from '../../../src/events/bus.ts';
import { createBulkEdits } from '../../../src/services/posts/bulk.ts';
import { createPosts } from '../../../src/services/posts/posts.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createCampaign, signUp, startBatch, type Account } from '../../support/app.ts';
import { followToEnd, getBatch, getPosts, stored, waitForBatch } from '../../support/batches.ts';
import { test as base } from '../../support/fixtures.ts';
import { getPost } from '../../support/posts.ts';
import { writeRows } from '../../support/rows.ts';
import { waitUntil } from '../../support/services/wait-until.ts';
import type { Workshop } from '../../support/workshop.ts';

const test = base.extend('settings', { scope: 'file' }, () => ({ POST_SLOTS: '40' }));
test.afterEach(({ app }) => {
  app.simulator.control.clearFaults();
  app.simulator.control.setLatency({ imageLatencyMs: { p05: 0, p95: 0 } });
});

const approve = async (account: Account, input: ReviewPostsInput) =>
  (await account.run(ApprovePostsDocument, { input })).approvePosts;
const reject = async (account: Account, input: ReviewPostsInput) =>
  (await account.run(RejectPostsDocument, { input })).rejectPosts;
const regenerate = async (account: Account, input: RegeneratePostsInput) =>
  (await account.run(RegeneratePostsDocument, { input })).regeneratePosts;

async function completed(account: Account, postCount: number, campaignId?: string) {
  const batchId = await startBatch(account, {
    campaignId: campaignId ?? (await createCampaign(account)),
    postCount,
  });
  await followToEnd(account, batchId);
  return batchId;
}

const all = (count: number) => ({ matchedCount: count, doneCount: count, skipped: [] });

async function postsOf(account: Account, batchId: string) {
  const posts = await getPosts(account, { batchId });
  return Promise.all(posts.map(({ id }) => getPost(account, id)));
}

describe('approvePosts', () => {
  test('approves every post of a batch, each a version later', async ({ account }) => {
    const batchId = await completed(account, 3);
    expect(await approve(account, { filter: { batchId }, note: 'For May' })).toMatchObject(all(3));
    const approved = { review: 'APPROVED', reviewNote: 'For May', version: 3 };
    expect(await postsOf(account, batchId)).toMatchObject([approved, approved, approved]);
  });

  test('leaves a post that is approved as it is when it is repeated', async ({ account, batchId }) => {
    await approve(account, { filter: { batchId } });
    const before = await postsOf(account, batchId);
    expect(await approve(account, { filter: { batchId } })).toMatchObject(all(before.length));
    expect(await postsOf(account, batchId)).toEqual(before);
  });

  test('skips posts that are not completed, and says so of each', async ({ app, account, campaignId }) => {
    app.simulator.control.setFaults([{ kind: 'refusal', endpoint: 'chat', count: 1 }]);
    const batchId = await completed(account, 3, campaignId);
    const [failed] = await getPosts(account, { batchId, status: ['FAILED'] });
    expect(await approve(account, { filter: { batchId } })).toMatchObject({
      matchedCount: 3,
      doneCount: 2,
      skipped: [{ postId: failed?.id, code: 'POST_STATE', message: 'Only a completed post is reviewed.' }],
    });
  });

  test('takes the filter of lists: a campaign, a status, a hashtag', async ({ account }) => {
    const campaignId = await createCampaign(account);
    const batchId = await completed(account, 2, campaignId);
    await completed(account, 2, campaignId);
    const [one] = await postsOf(account, batchId);
    const hashtag = one?.hashtags[0] ?? '';
    const found = (await getPosts(account, { campaignId, hashtag })).length;
    expect(await reject(account, { filter: { campaignId, hashtag } })).toMatchObject(all(found));
    const approvable = { campaignId, review: ['UNREVIEWED'] } satisfies PostFilter;
    expect(await approve(account, { filter: approvable })).toMatchObject(all(4 - found));
  });

  test('refuses a filter that names neither a batch nor a campaign', async ({ account, batchId }) => {
    const before = await postsOf(account, batchId);
    for (const filter of [{}, { status: ['COMPLETED'] } satisfies PostFilter]) {
      expect(await approve(account, { filter })).toMatchObject({
        fields: [{ path: 'input.filter', message: 'must name a batch or a campaign' }],
      });
    }
    expect(await postsOf(account, batchId)).toEqual(before);
  });

  test('names a bad field of the filter by its path', async ({ account, batchId, campaignId }) => {
    expect(await approve(account, { filter: { batchId: campaignId } })).toMatchObject({
      fields: [{ path: 'input.filter.batchId' }],
    });
    expect(await approve(account, { filter: { batchId }, note: 'n'.repeat(1_001) })).toMatchObject({
      fields: [{ path: 'input.note' }],
    });
  });

  test('does nothing to the posts of others', async ({ app, account, batchId }) => {
    const before = await postsOf(account, batchId);
    const other = await signUp(app);
    expect(await reject(other, { filter: { batchId } })).toMatchObject(all(0));
    expect(await regenerate(other, { filter: { batchId }, part: 'BOTH' })).toMatchObject(all(0));
    expect(await postsOf(account, batchId)).toEqual(before);
  });
});

describe('regeneratePosts', () => {
  test('makes one part of every post again, tells it once for each batch, and ends complete', async ({
    app,
    account,
  }) => {
    const campaignId = await createCampaign(account);
    const batches = [await completed(account, 12, campaignId), await completed(account, 3, campaignId)];
    const before = await Promise.all(batches.map((id) => postsOf(account, id)));
    app.simulator.control.resetStats();

    const input = { filter: { campaignId }, part: 'CAPTION', instruction: 'Shorter' } as const;
    expect(await regenerate(account, input)).toMatchObject(all(15));

    for (const [place, batchId] of batches.entries()) {
      const events = stored(await followToEnd(account, batchId, { after: '0' }));
      const retried = events.filter(({ __typename }) => __typename === 'PostsRetriedEvent');
      expect(retried).toMatchObject([{ retriedCount: before[place]?.length }]);
      expect(await getBatch(account, batchId)).toMatchObject({
        status: 'COMPLETED',
        progress: { completedCount: before[place]?.length, failedCount: 0, remainingCount: 0 },
      });
      const after = await postsOf(account, batchId);
      expect(after.map(({ imageUrl }) => imageUrl)).toEqual(before[place]?.map(({ imageUrl }) => imageUrl));
      expect(new Set(after.map(({ version, revisions }) => `${version} ${revisions.length}`))).toEqual(
        new Set(['3 5']),
      );
    }
    expect(app.simulator.control.stats()).toMatchObject({ chat: { received: 15 }, images: { received: 0 } });
  });

  test('buys nothing twice when it is repeated before the posts are made', async ({ app, account }) => {
    const batchId = await completed(account, 5);
    app.simulator.control.resetStats();
    app.simulator.control.setLatency({ imageLatencyMs: { p05: 100_000, p95: 100_000 } });
    const input = { filter: { batchId }, part: 'IMAGE' } as const;
    expect(await regenerate(account, input)).toMatchObject(all(5));
    const again = await regenerate(account, input);
    expect(again).toMatchObject({ matchedCount: 5, doneCount: 0 });
    expect(again).toHaveProperty('skipped.4.code', 'POST_STATE');
    await waitForBatch(account, batchId, 'is complete', ({ status }) => status === 'COMPLETED');
    expect(app.simulator.control.stats()).toMatchObject({ images: { received: 5 } });
  });

  test('skips the posts of a cancelled batch, and makes those of others', async ({ app, account }) => {
    const campaignId = await createCampaign(account);
    const made = await completed(account, 1, campaignId);
    app.simulator.control.setLatency({ imageLatencyMs: { p05: 500_000, p95: 500_000 } });
    const cancelled = await startBatch(account, { campaignId, postCount: 2 });
    await account.run(CancelBatchDocument, { batchId: cancelled });
    app.simulator.control.setLatency({ imageLatencyMs: { p05: 0, p95: 0 } });

    const result = await regenerate(account, { filter: { campaignId }, part: 'BOTH' });
    expect(result).toMatchObject({ matchedCount: 3, doneCount: 1 });
    const message = 'The posts of a cancelled batch are not made again.';
    expect(result).toMatchObject({ skipped: [{ code: 'POST_STATE', message }, { message }] });
    await waitForBatch(account, made, 'is complete', ({ status }) => status === 'COMPLETED');
    expect(await getBatch(account, cancelled)).toMatchObject({ status: 'CANCELLED' });
  });

  test('of a paused batch waits until it is resumed', async ({ app, account }) => {
    app.simulator.control.setLatency({ imageLatencyMs: { p05: 300_000, p95: 300_000 } });
    const campaignId = await createCampaign(account);
    const batchId = await startBatch(account, { campaignId, postCount: 50 });
    const inFlight = () => getPosts(account, { batchId, status: ['GENERATING'] });
    await waitUntil('posts in flight', async () => (await inFlight()).length > 0);
    await account.run(PauseBatchDocument, { batchId });
    app.simulator.control.setLatency({ imageLatencyMs: { p05: 0, p95: 0 } });
    await waitUntil('nothing in flight', async () => (await inFlight()).length === 0);
    const { status, progress } = await getBatch(account, batchId);
    expect(status).toBe('PAUSED');

    const filter = { batchId, status: ['COMPLETED'] } satisfies PostFilter;
    expect(await regenerate(account, { filter, part: 'BOTH' })).toMatchObject(all(progress.completedCount));
    expect(await getBatch(account, batchId)).toMatchObject({
      status: 'PAUSED',
      progress: { completedCount: 0 },
    });
    await account.run(ResumeBatchDocument, { batchId });
    await followToEnd(account, batchId);
    expect(await getBatch(account, batchId)).toMatchObject({ progress: { completedCount: 50 } });
  });
});

test('approvePosts takes 1,000 posts, and of one more changes none and says how many match', async ({
  workshop,
}) => {
  const { database, jobs, changes } = workshop;
  const { viewer } = await workshop.addAccount();
  await writeRows(database.prisma, viewer.workspaceId, 1_001);
  const [{ id, batchId } = { id: '', batchId: '' }] = await database.prisma.post.findMany({
    where: { ownerId: viewer.workspaceId, position: 1_001 },
    // Of two, that of the batch with all these posts.
    orderBy: { createdAt: 'asc' },
    take: 1,
  });
  const filter = { batchId: toGlobalId('Batch', batchId) };
  const posts = createPosts(database);
  const bulk = createBulkEdits({
    database,
    jobs,
    bus: createLocalBus(),
    changes,
    posts,
    logger: createLogger('silent'),
  });
  const approved = () => database.prisma.post.count({ where: { batchId, review: 'APPROVED' } });

  const refused = await bulk.review(viewer, { filter, review: 'APPROVED' }).catch((error: unknown) => error);
  expect(refused).toMatchObject({
    fields: [{ path: 'input.filter', message: expect.stringContaining('matches 1001 posts') }],
  });
  expect(await approved()).toBe(0);

  await database.prisma.post.delete({ where: { id } });
  expect(await bulk.review(viewer, { filter, review: 'APPROVED' })).toEqual(all(1_000));
  expect(await approved()).toBe(1_000);
});

describe('posts that match', () => {
  /** Approves 150 completed posts, in two parts. `before` runs before they are matched, `after` before they are changed. */
  async function approveAll(
    { database, jobs, changes, addAccount }: Workshop,
    when: 'before' | 'after',
    change: (ids: string[]) => Promise<unknown>,
  ) {
    const { viewer } = await addAccount();
    await writeRows(database.prisma, viewer.workspaceId, 150);
    const posts = createPosts(database);
    const bulk = createBulkEdits({
      database,
      jobs,
      bus: createLocalBus(),
      changes,
      logger: createLogger('silent'),
      posts: {
        async matching(...wanted) {
          const matched = await posts.matching(...wanted);
          await change(matched.posts.map(({ id }) => id));
          return when === 'after' ? matched : posts.matching(...wanted);
        },
      },
    });
    const { batchId } = await database.prisma.post.findFirstOrThrow({
      where: { ownerId: viewer.workspaceId, position: 150 },
      orderBy: { createdAt: 'asc' },
    });
    return bulk.review(viewer, { filter: { batchId: toGlobalId('Batch', batchId) }, review: 'APPROVED' });
  }

  test('are not approved if somebody has edited them since', async ({ workshop }) => {
    const { prisma } = workshop.database;
    let edited = '';
    const result = await approveAll(workshop, 'after', ([id = '']) => {
      edited = id;
      return prisma.post.update({ where: { id }, data: { caption: 'unseen', version: { increment: 1 } } });
    });
    expect(result).toMatchObject({
      doneCount: 149,
      skipped: [{ postId: edited, code: 'VERSION_CONFLICT' }],
    });
    expect(await prisma.post.findUnique({ where: { id: edited } })).toMatchObject({ review: 'UNREVIEWED' });
  });

  test('are told as left, when a later part fails, beside those that are done', async ({ workshop }) => {
    const { prisma } = workshop.database;
    const result = await approveAll(workshop, 'before', (ids) =>
      // No version is higher: the next one does not fit.
      prisma.post.update({ where: { id: ids[149] ?? '' }, data: { version: 2_147_483_647 } }),
    );
    expect(result).toMatchObject({ matchedCount: 150, doneCount: 100 });
    expect(new Set(result.skipped.map(({ code }) => code))).toEqual(new Set(['INTERNAL']));
  });
});
