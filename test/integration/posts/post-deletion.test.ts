import { describe, expect } from 'vitest';
import {
  DeletePostDocument,
  EditPostDocument,
  PostDocument,
  PostsDocument,
  RetryFailedPostsDocument,
  UsageDocument,
} from '../../../client/generated/graphql.ts';
import { followWorkspace } from '../../../client/index.ts';
import { createLocalBus } from '../../../src/events/bus.ts';
import { createReconciliation } from '../../../src/services/batches/reconciliation.ts';
import { createDeletePost } from '../../../src/services/deletion/posts.ts';
import {
  clientOf,
  createCampaign,
  signUp,
  startBatch,
  startTestApp,
  type Account,
} from '../../support/app.ts';
import {
  absentId,
  completeBatch,
  followToEnd,
  getBatch,
  getPosts,
  notFound,
  waitForBatch,
} from '../../support/batches.ts';
import { test } from '../../support/fixtures.ts';
import { post } from '../../support/raw-graphql.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

async function deletePost(account: Pick<Account, 'run'>, postId: string) {
  return (await account.run(DeletePostDocument, { postId })).deletePost;
}

/** The ids of a batch's posts, by position. */
async function idsOf(account: Pick<Account, 'run'>, batchId: string): Promise<string[]> {
  const order = { by: 'POSITION', direction: 'ASC' } as const;
  const { posts } = await account.run(PostsDocument, { filter: { batchId }, order, first: 100 });
  return posts.edges.map(({ node }) => node.id);
}

/** The completed posts that a batch's events tell of. */
async function replayed(account: Account, batchId: string): Promise<string[]> {
  const events = await followToEnd(account, batchId);
  return events.flatMap((event) => (event.__typename === 'PostCompletedEvent' ? [event.post.id] : []));
}

/** The completed posts that a workspace's events tell of, up to the end of its batch. */
async function replayedToUser(account: Account): Promise<string[]> {
  const seen: string[] = [];
  for await (const event of followWorkspace(account)) {
    if (event.__typename === 'PostCompletedEvent') seen.push(event.post.id);
    if (event.__typename === 'BatchCompletedEvent') break;
  }
  return seen;
}

describe('deletePost', () => {
  test('removes a post from every list, count, node, export and replay, and what it cost stays booked', async ({
    app,
  }) => {
    const account = await signUp(app);
    const { campaignId, batchId } = await completeBatch(account, 3);
    const [first = '', doomed = '', last = ''] = await idsOf(account, batchId);
    const usage = () => account.run(UsageDocument, {});
    const [paid, { cost }] = [await usage(), await getBatch(account, batchId)];

    expect(await deletePost(account, doomed)).toEqual({ __typename: 'DeletedPost', postId: doomed });

    expect(await usage()).toEqual(paid);
    expect(await getBatch(account, batchId)).toMatchObject({
      cost,
      status: 'COMPLETED',
      progress: { postCount: 2, completedCount: 2, failedCount: 0, cancelledCount: 0, remainingCount: 0 },
    });
    expect(await idsOf(account, batchId)).toEqual([first, last]);
    expect(await account.run(PostDocument, { id: doomed })).toEqual({ post: null });
    const query = `{ node(id: "${doomed}") { id } posts { totalCount }
      batch(id: "${batchId}") { posts { totalCount edges { node { position } } } }
      campaign(id: "${campaignId}") { posts { totalCount } } }`;
    const headers = { authorization: `Bearer ${account.token}` };
    expect((await post(app, { query }, headers)).data).toEqual({
      node: null,
      posts: { totalCount: 2 },
      batch: { posts: { totalCount: 2, edges: [{ node: { position: 3 } }, { node: { position: 1 } }] } },
      campaign: { posts: { totalCount: 2 } },
    });
    const lines = await (await fetch(`${app.url}/export/batches/${batchId}.jsonl`, { headers })).text();
    expect(lines.trim().split('\n')).toHaveLength(2);
    expect(lines).not.toContain(doomed);
    expect((await replayed(account, batchId)).toSorted()).toEqual([first, last].toSorted());
  });

  test('takes a post from the replay also where a watcher keeps its events in memory', async ({ app }) => {
    const account = await signUp(app);
    const stop = new AbortController();
    const watcher = followWorkspace({ ...account, signal: stop.signal });
    await watcher.next();
    const { batchId } = await completeBatch(account, 2);
    const [doomed = '', kept = ''] = await idsOf(account, batchId);
    expect((await replayedToUser(account)).toSorted()).toEqual([doomed, kept].toSorted());
    await deletePost(account, doomed);
    await waitUntil('a replay without it', async () => (await replayedToUser(account)).length === 1);
    expect(await replayedToUser(account)).toEqual([kept]);
    const rest = watcher.next().then(() => watcher.return());
    stop.abort();
    await rest.catch(() => undefined);
  });

  test('answers NOT_FOUND when repeated, for another workspace’s post and for none alike', async ({
    app,
    account,
  }) => {
    const { batchId } = await completeBatch(account, 2);
    const [id = ''] = await idsOf(account, batchId);
    const other = await signUp(app);
    for (const postId of [id, absentId('Post')])
      expect(await deletePost(other, postId)).toMatchObject(notFound('post'));
    expect(await idsOf(account, batchId)).toHaveLength(2);
    await deletePost(account, id);
    expect(await deletePost(account, id)).toMatchObject(notFound('post'));
    const input = { postId: id, expectedVersion: 1, caption: 'Back again' };
    expect((await account.run(EditPostDocument, { input })).editPost).toMatchObject(notFound('post'));
  });

  test('leaves the last position empty when the failed posts of its batch are retried', async ({ app }) => {
    const account = await signUp(app);
    app.simulator.control.setFaults([{ kind: 'refusal', endpoint: 'chat', count: 2 }]);
    const { batchId } = await completeBatch(account, 4);
    app.simulator.control.clearFaults();
    const failed = (await getPosts(account, { batchId, status: ['FAILED'] })).map(({ id }) => id);
    const last = (await idsOf(account, batchId)).at(-1) ?? '';
    const doomed = new Set([last, failed[0] ?? '']);
    for (const id of doomed) expect(await deletePost(account, id)).toMatchObject({ postId: id });
    await account.run(RetryFailedPostsDocument, { batchId });
    const left = 4 - doomed.size;
    const { progress } = await waitForBatch(
      account,
      batchId,
      'is over',
      ({ status }) => status === 'COMPLETED',
    );
    expect(progress).toMatchObject({
      postCount: left,
      completedCount: left,
      failedCount: 0,
      cancelledCount: 0,
    });
    expect(await idsOf(account, batchId)).toHaveLength(left);
    expect(new Set(await idsOf(account, batchId)).isDisjointFrom(doomed)).toBe(true);
  });

  test('refuses a post that is being made or waits, and deletes it once its batch is cancelled', async ({
    app,
  }) => {
    const account = await signUp(app);
    const campaignId = await createCampaign(account);
    app.simulator.control.setLatency({ imageLatencyMs: { p05: 60_000, p95: 60_000 } });
    const batchId = await startBatch(account, { campaignId, postCount: 60 });
    const withStatus = (status: 'GENERATING' | 'PENDING') => getPosts(account, { batchId, status: [status] });
    await waitUntil('posts in flight', async () => (await withStatus('GENERATING')).length > 0);
    const [running, waiting] = [(await withStatus('GENERATING'))[0], (await withStatus('PENDING'))[0]];
    const unfinished = [running, waiting].flatMap((one) => (one === undefined ? [] : [one.id]));
    for (const id of unfinished) expect(await deletePost(account, id)).toMatchObject({ code: 'POST_STATE' });
    await post(
      app,
      { query: `mutation { cancelBatch(input: { batchId: "${batchId}" }) { __typename } }` },
      { authorization: `Bearer ${account.token}` },
    );
    app.simulator.control.setLatency({ imageLatencyMs: { p05: 0, p95: 0 } });
    for (const id of unfinished) expect(await deletePost(account, id)).toMatchObject({ postId: id });
    const { progress } = await getBatch(account, batchId);
    expect(progress).toMatchObject({ postCount: 60 - unfinished.length, remainingCount: 0 });
    expect(await idsOf(account, batchId)).toHaveLength(60 - unfinished.length);
  });
});

test('a deleted post’s image is removed from the asset store, and those of the others stay', async () => {
  // Nobody else has the same images here.
  let app = await startTestApp();
  await using opened = new AsyncDisposableStack();
  opened.defer(() => app[Symbol.asyncDispose]());
  const account = await signUp(app);
  const { batchId } = await completeBatch(account, 2);
  const posts = await getPosts(account, { batchId });
  const status = async (index: number) =>
    (await fetch(`${app.url}${new URL(posts[index]?.imageUrl ?? '').pathname}`)).status;
  // Images of the last ten minutes stay: a call may still come to refer to them.
  app = await app.restart(async (prisma) => {
    await prisma.image.updateMany({ data: { storedAt: new Date(0) } });
  });
  expect(await deletePost(clientOf(app, account.token), posts[0]?.id ?? '')).toMatchObject({
    __typename: 'DeletedPost',
  });
  await waitUntil('the image to be gone', async () => (await status(0)) === 404);
  expect(await status(1)).toBe(200);
});

test('a post of a batch that is being reconciled is refused, and the counters come right in the end', async ({
  workshop,
}) => {
  const { viewer, campaignId } = await workshop.addAccount();
  const { id: batchId } = await workshop.batches.start(viewer, { campaignId, postCount: 250 });
  const { next } = createReconciliation(workshop);
  const { prisma } = workshop.database;
  const remove = createDeletePost({ ...workshop, bus: createLocalBus() });
  const at = async (position: number) =>
    (await prisma.post.findUniqueOrThrow({ where: { batchId_position: { batchId, position } } })).id;
  await next();
  await prisma.post.updateMany({ where: { batchId }, data: { status: 'FAILED' } });
  await prisma.batch.update({ where: { id: batchId }, data: { failedCount: 100 } });
  await expect(remove(viewer, await at(100))).rejects.toMatchObject({ code: 'POST_STATE' });
  while (await next());
  for (const position of [100, 50]) await remove(viewer, await at(position));
  await workshop.batches.cancel(viewer, batchId);
  while (await next());
  for (const position of [249, 250]) await remove(viewer, await at(position));
  const batch = await prisma.batch.findUniqueOrThrow({ where: { id: batchId } });
  expect(batch).toMatchObject({
    postCount: 248,
    failedCount: 98,
    cancelledCount: 150,
    deletedCount: 2,
    completedCount: 0,
  });
  expect(await prisma.post.count({ where: { batchId } })).toBe(246);
});

test('a post is refused while another one that shares its image is still being made', async ({
  workshop,
}) => {
  const { viewer, campaignId } = await workshop.addAccount();
  const part = 'given';
  const row = { angle: part, hook: part, keyMessage: part, scene: part, audience: part };
  const { id: batchId } = await workshop.batches.start(viewer, {
    campaignId,
    rows: [row],
    languages: ['en', 'de'],
  });
  const { prisma } = workshop.database;
  const remove = createDeletePost({ ...workshop, bus: createLocalBus() });
  const [first, follower] = await prisma.post.findMany({ where: { batchId }, orderBy: { position: 'asc' } });
  const end = async (id: string) => {
    await prisma.post.update({ where: { id }, data: { status: 'COMPLETED' } });
    await prisma.batch.update({ where: { id: batchId }, data: { completedCount: { increment: 1 } } });
  };
  await end(first?.id ?? '');
  await expect(remove(viewer, first?.id ?? '')).rejects.toMatchObject({
    code: 'POST_STATE',
    message: expect.stringContaining('shares the image'),
  });
  await end(follower?.id ?? '');
  await remove(viewer, first?.id ?? '');
  expect(await prisma.post.count({ where: { batchId } })).toBe(1);
});
