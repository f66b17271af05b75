import { describe, expect } from 'vitest';
import {
  BatchDocument,
  BatchesDocument,
  DeleteBatchDocument,
  PostDocument,
  StartBatchDocument,
  UsageDocument,
} from '../../../client/generated/graphql.ts';
import { followWorkspace } from '../../../client/index.ts';
import { createLocalBus } from '../../../src/events/bus.ts';
import { createEventLog } from '../../../src/events/log.ts';
import { createTails } from '../../../src/events/tail.ts';
import { createReconciliation } from '../../../src/services/batches/reconciliation.ts';
import { createBatchDeletion } from '../../../src/services/deletion/batches.ts';
import { createProgress } from '../../../src/services/progress/progress.ts';
import {
  clientOf,
  createCampaign,
  signUp,
  startBatch,
  startTestApp,
  type Account,
} from '../../support/app.ts';
import { absentId, completeBatch, followToEnd, getPosts, notFound, stored } from '../../support/batches.ts';
import { test } from '../../support/fixtures.ts';
import { post } from '../../support/raw-graphql.ts';
import { waitUntil } from '../../support/services/wait-until.ts';
import type { Workshop } from '../../support/workshop.ts';

async function deleteBatch(account: Pick<Account, 'run'>, batchId: string) {
  return (await account.run(DeleteBatchDocument, { batchId })).deleteBatch;
}

describe('deleteBatch', () => {
  test('removes a batch from every list, count, node, export and replay, and what it cost stays booked', async ({
    app,
  }) => {
    const account = await signUp(app);
    const { campaignId, batchId } = await completeBatch(account, 3);
    const keptId = await startBatch(account, { campaignId, postCount: 2 });
    await followToEnd(account, keptId);
    const usage = () => account.run(UsageDocument, {});
    const [paid, [doomed]] = [await usage(), await getPosts(account, { batchId })];

    expect(await deleteBatch(account, batchId)).toEqual({ __typename: 'DeletedBatch', batchId });

    expect(await usage()).toEqual(paid);
    const { batches } = await account.run(BatchesDocument, { filter: { campaignId } });
    expect(batches.edges.map(({ node }) => node.id)).toEqual([keptId]);
    expect(await account.run(BatchDocument, { id: batchId })).toEqual({ batch: null });
    expect(await account.run(PostDocument, { id: doomed?.id ?? '' })).toEqual({ post: null });
    expect(await getPosts(account, {})).toHaveLength(2);
    const query = `{ node(id: "${batchId}") { id } batches { totalCount } posts { totalCount }
      campaign(id: "${campaignId}") { batches { totalCount edges { node { id } } } posts { totalCount } } }`;
    const headers = { authorization: `Bearer ${account.token}` };
    expect((await post(app, { query }, headers)).data).toEqual({
      node: null,
      batches: { totalCount: 1 },
      posts: { totalCount: 2 },
      campaign: { batches: { totalCount: 1, edges: [{ node: { id: keptId } }] }, posts: { totalCount: 2 } },
    });
    expect((await fetch(`${app.url}/export/batches/${batchId}.csv`, { headers })).status).toBe(404);
    await expect(followToEnd(account, batchId)).rejects.toMatchObject({ codes: ['NOT_FOUND'] });
    const seen: string[] = [];
    const batchesSeen = new Set<string>();
    for await (const event of followWorkspace({ url: account.url, token: account.token })) {
      seen.push(event.__typename);
      if ('batchId' in event) batchesSeen.add(event.batchId);
      if (event.__typename === 'BatchCompletedEvent') break;
    }
    expect([...batchesSeen]).toEqual([keptId]);
    expect(seen.slice(0, 3)).toEqual(['UserSnapshotEvent', 'UserGapEvent', 'BatchStartedEvent']);
  });

  test('answers NOT_FOUND when repeated, for another workspace’s batch and for none alike', async ({
    app,
    account,
  }) => {
    const { batchId } = await completeBatch(account, 1);
    const other = await signUp(app);
    for (const id of [batchId, absentId('Batch')])
      expect(await deleteBatch(other, id)).toMatchObject(notFound('batch'));
    expect((await account.run(BatchDocument, { id: batchId })).batch).not.toBeNull();
    await deleteBatch(account, batchId);
    expect(await deleteBatch(account, batchId)).toMatchObject(notFound('batch'));
  });

  test('frees the idempotency key of the batch', async ({ account, campaignId }) => {
    const input = { campaignId, postCount: 1, idempotencyKey: crypto.randomUUID() };
    const batchId = await startBatch(account, input);
    await deleteBatch(account, batchId);
    const { startBatch: again } = await account.run(StartBatchDocument, { input });
    expect(again).toMatchObject({ __typename: 'Batch' });
    expect(again).not.toMatchObject({ id: batchId });
  });

  test('cancels a running batch first: its watchers are told, nothing more is bought, and nothing comes back', async ({
    app,
  }) => {
    const account = await signUp(app);
    const campaignId = await createCampaign(account);
    app.simulator.control.setLatency({ imageLatencyMs: { p05: 60_000, p95: 60_000 } });
    const batchId = await startBatch(account, { campaignId, postCount: 300 });
    const watchers = (['websocket', 'sse'] as const).map((transport) =>
      followToEnd(account, batchId, { transport }),
    );
    const signal = AbortSignal.timeout(180_000);
    const workspace = Array.fromAsync(untilCancelled({ url: account.url, token: account.token, signal }));
    await waitUntil(
      'posts in flight',
      async () => (await getPosts(account, { batchId, status: ['GENERATING'] })).length > 0,
    );
    expect(await deleteBatch(account, batchId)).toMatchObject({ __typename: 'DeletedBatch' });
    app.simulator.control.setLatency({ imageLatencyMs: { p05: 0, p95: 0 } });
    for (const events of await Promise.all(watchers))
      expect(stored(events).at(-1)).toMatchObject({ __typename: 'BatchCancelledEvent' });
    expect((await workspace).at(-1)).toMatchObject({ __typename: 'BatchCancelledEvent', batchId });
    const calls = async () => (await account.run(UsageDocument, {})).me?.usage.byCampaign;
    const booked = await calls();
    // The next batch is made by workers that have let go of the deleted one.
    await followToEnd(
      account,
      await startBatch(account, { campaignId: await createCampaign(account), postCount: 3 }),
    );
    expect((await calls())?.find(({ campaign }) => campaign?.id === campaignId)).toEqual(
      booked?.find(({ campaign }) => campaign?.id === campaignId),
    );
    expect(await getPosts(account, {})).toHaveLength(3);
  });
});

/** The events of a workspace up to the first cancelled batch. */
async function* untilCancelled(options: Parameters<typeof followWorkspace>[0]) {
  for await (const event of followWorkspace(options)) {
    yield event;
    if (event.__typename === 'BatchCancelledEvent') return;
  }
}

test('a deleted batch’s images are removed from the asset store', async () => {
  // Nobody else has the same images here.
  let app = await startTestApp();
  await using opened = new AsyncDisposableStack();
  opened.defer(() => app[Symbol.asyncDispose]());
  const account = await signUp(app);
  const { batchId } = await completeBatch(account, 3);
  const images = (await getPosts(account, { batchId })).map(
    ({ imageUrl }) => new URL(imageUrl ?? '').pathname,
  );
  const statuses = () => Promise.all(images.map(async (path) => (await fetch(`${app.url}${path}`)).status));
  expect(await statuses()).toEqual([200, 200, 200]);
  // Images of the last ten minutes stay: a call may still come to refer to them.
  app = await app.restart(async (prisma) => {
    await prisma.image.updateMany({ data: { storedAt: new Date(0) } });
  });
  expect(await deleteBatch(clientOf(app, account.token), batchId)).toMatchObject({ batchId });
  await waitUntil('the images to be gone', async () => (await statuses()).every((status) => status === 404));
});

/** A batch of 250 posts in progress, its deletion, and what follows it from another process. */
async function halfMade(workshop: Workshop) {
  const { viewer, campaignId } = await workshop.addAccount();
  const { id: batchId } = await workshop.batches.start(viewer, { campaignId, postCount: 250 });
  const reconciliation = createReconciliation(workshop);
  while (await reconciliation.next());
  const { database } = workshop;
  const deletion = createBatchDeletion({ ...workshop, bus: createLocalBus() });
  const progress = createProgress({
    database,
    log: createEventLog(database),
    // It hears nothing from the process that deletes.
    tails: createTails(createLocalBus()),
  });
  return { viewer, campaignId, batchId, deletion, progress, prisma: database.prisma };
}

test('a watcher who misses the end of a deleted batch is told that it is gone', async ({ workshop }) => {
  const { viewer, batchId, deletion, progress } = await halfMade(workshop);
  const open = () => progress.batch(viewer, batchId, 0, AbortSignal.timeout(180_000));
  const [behind, waiting, none] = [await open(), await open(), new AbortController().signal];
  await behind.next();
  await waiting.next();
  expect((await waiting.next()).value).toMatchObject([{ entry: { event: { type: 'BATCH_STARTED' } } }]);
  const end = waiting.next().then(String, String);
  await deletion.run(viewer, batchId);
  expect(await end).toContain('There is no batch with this id.');
  expect(await behind.next().then(String, String)).toContain('There is no batch with this id.');
  await expect(progress.batch(viewer, batchId, 0, none)).rejects.toThrow('There is no batch with this id.');
});

test('a deletion whose process is gone is brought to its end by the workers, and nobody finds the batch meanwhile', async ({
  workshop,
}) => {
  const { viewer, campaignId, batchId, deletion, prisma } = await halfMade(workshop);
  while (await deletion.next());
  await workshop.batches.cancel(viewer, batchId);
  await prisma.batch.update({ where: { id: batchId }, data: { deletedAt: new Date(), reconcileFrom: null } });
  await deletion.next();
  expect(await prisma.post.count({ where: { batchId } })).toBe(150);
  expect(await workshop.batches.find(viewer, batchId)).toBeNull();
  expect(await workshop.batches.count(viewer, { campaignId })).toBe(0);
  const refusals = await Promise.all([
    workshop.batches.resume(viewer, batchId).then(() => undefined, String),
    workshop.batches.retryFailed(viewer, batchId).then(() => undefined, String),
    deletion.run(viewer, batchId).then(() => undefined, String),
  ]);
  for (const refusal of refusals) expect(refusal).toContain('There is no batch with this id.');
  while (await deletion.next());
  expect(await prisma.post.count({ where: { batchId } })).toBe(0);
  expect(await prisma.batch.count({ where: { id: batchId } })).toBe(0);
});
