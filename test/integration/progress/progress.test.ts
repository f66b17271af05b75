import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient as createWsClient } from 'graphql-ws/client';
import { PauseBatchDocument, ResumeBatchDocument } from '../../../client/generated/graphql.ts';
import { followBatch, followWorkspace, type WorkspaceEvent } from '../../../client/index.ts';
import { appendToStream } from '../../../src/events/append.ts';
import { pruneEvents } from '../../../src/services/deletion/event-retention.ts';
import {
  clientOf,
  createCampaign,
  signUp,
  startBatch,
  startTestApp,
  type Account,
  type TestApp,
} from '../../support/app.ts';
import { followToEnd, getPosts, stored, waitForBatch } from '../../support/batches.ts';
import { answerSchema, eventsOf, openStream } from '../../support/raw-graphql.ts';

let app: TestApp;
let account: Account;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app[Symbol.asyncDispose]());

const oneTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const isStored = ({ __typename }: { __typename: string }) =>
  !['UserSnapshotEvent', 'BatchSnapshotEvent', 'PostStageEvent'].includes(__typename);

/** An account's stored events up to cursor `last`. */
async function workspaceEventsUpTo(
  of: Account,
  last: number,
  options: { after?: string; transport?: 'websocket' | 'sse' } = {},
): Promise<WorkspaceEvent[]> {
  const events: WorkspaceEvent[] = [];
  const signal = AbortSignal.timeout(180_000);
  for await (const event of followWorkspace({ url: of.url, token: of.token, signal, ...options })) {
    if (isStored(event)) events.push(event);
    if (Number(event.cursor) >= last) return events;
  }
  return events;
}

async function postsOf(of: Account, postCount: number): Promise<string> {
  return startBatch(of, { campaignId: await createCampaign(of), postCount });
}

describe.each(['websocket', 'sse'] as const)('workspaceEvents over %s', (transport) => {
  it('tells every event of all batches of an account once and in order, and of nobody else’s', async () => {
    account = await signUp(app);
    const other = await signUp(app);
    const batches = await Promise.all([postsOf(account, 5), postsOf(account, 7), postsOf(other, 3)]);
    const events = await workspaceEventsUpTo(account, 16, { transport });
    expect(events.map(({ cursor }) => Number(cursor))).toEqual(oneTo(16));
    const told = new Set(events.flatMap((event) => ('batchId' in event ? [event.batchId] : [])));
    expect(told).toEqual(new Set(batches.slice(0, 2)));
  });

  it('goes on behind the cursor, with batches that were started since', async () => {
    account = await signUp(app);
    await postsOf(account, 2);
    await workspaceEventsUpTo(account, 4);
    const later = await postsOf(account, 2);
    const events = await workspaceEventsUpTo(account, 8, { transport, after: '4' });
    expect(events.map(({ cursor }) => Number(cursor))).toEqual([5, 6, 7, 8]);
    expect(events.map((event) => 'batchId' in event && event.batchId)).toEqual(events.map(() => later));
  });
});

it.each(['workspaceEvents', 'userEvents'])(
  '%s sends a workspace’s batches, and nothing of other streams between them',
  async (field) => {
    await using own = await startTestApp();
    const owner = await signUp(own);
    const restarted = await own.restart(async (prisma) => {
      const { id: ownerId } = await prisma.workspace.findFirstOrThrow();
      const stream = { id: crypto.randomUUID(), ownerId };
      await prisma.$transaction((tx) => appendToStream(tx, stream, [{ type: 'A' }, { type: 'B' }]));
    });
    const back = { ...owner, ...clientOf(restarted, owner.token), url: `${restarted.url}/graphql` };
    const batchId = await postsOf(back, 1);
    const query = `subscription { ${field}(after: "1") { __typename cursor ... on BatchEvent { batchId } } }`;
    const response = await openStream({ url: restarted.url, token: owner.token }, { query });
    const told: unknown[] = [];
    for await (const { event, data } of eventsOf(response)) {
      if (event !== 'next') continue;
      const update = Object(answerSchema.parse(JSON.parse(data)).data)[field];
      if (isStored(update)) told.push(update);
      if (update.__typename === 'BatchCompletedEvent') break;
    }
    expect(told).toEqual([
      { __typename: 'BatchStartedEvent', cursor: '3', batchId },
      { __typename: 'PostCompletedEvent', cursor: '4', batchId },
      { __typename: 'BatchCompletedEvent', cursor: '5', batchId },
    ]);
    await restarted.stop();
  },
);

it('what an owner does to a batch has its place in the stream of the account', async () => {
  account = await signUp(app);
  app.simulator.control.setLatency({ imageLatencyMs: { p05: 20_000, p95: 20_000 } });
  const batchId = await postsOf(account, 20);
  await account.run(PauseBatchDocument, { batchId });
  await account.run(ResumeBatchDocument, { batchId });
  const events = await workspaceEventsUpTo(account, 24);
  app.simulator.control.setLatency({ imageLatencyMs: { p05: 100, p95: 200 } });
  expect(events.map(({ cursor }) => Number(cursor))).toEqual(oneTo(24));
  expect(events.map(({ __typename }) => __typename)).toEqual(
    expect.arrayContaining(['BatchPausedEvent', 'BatchResumedEvent', 'BatchCompletedEvent']),
  );
});

const postProgress = `subscription ($postId: ID!) { postProgress(postId: $postId) {
  __typename ... on PostSnapshotEvent { post { id status } } ... on PostCompletedEvent { post { id } }
} }`;

async function followPost(of: Account, postId: string): Promise<unknown[]> {
  const client = createWsClient({
    url: of.url.replace('http', 'ws'),
    connectionParams: { authorization: `Bearer ${of.token}` },
  });
  try {
    return await Array.fromAsync(client.iterate({ query: postProgress, variables: { postId } }));
  } finally {
    await client.dispose();
  }
}

describe('postProgress', () => {
  it('follows one post to its end, and tells a finished one as it is', async () => {
    account = await signUp(app);
    app.simulator.control.setLatency({ imageLatencyMs: { p05: 30_000, p95: 30_000 } });
    const batchId = await postsOf(account, 3);
    const [post] = await getPosts(account, { batchId });
    const postId = post?.id ?? '';
    const told = await followPost(account, postId);
    app.simulator.control.setLatency({ imageLatencyMs: { p05: 100, p95: 200 } });
    expect(told[0]).toMatchObject({ data: { postProgress: { __typename: 'PostSnapshotEvent' } } });
    expect(told.at(-1)).toMatchObject({
      data: { postProgress: { __typename: 'PostCompletedEvent', post: { id: postId } } },
    });
    expect(await followPost(account, postId)).toMatchObject([
      { data: { postProgress: { post: { status: 'COMPLETED' } } } },
    ]);
  });

  it('answers NOT_FOUND for a post of somebody else', async () => {
    const [owner, other] = [await signUp(app), await signUp(app)];
    const [post] = await getPosts(owner, { batchId: await postsOf(owner, 1) });
    expect(await followPost(other, post?.id ?? '')).toMatchObject([
      { errors: [{ extensions: { code: 'NOT_FOUND' } }] },
    ]);
  });
});

it('every subscriber is asked whether it may: the same document and variables of another account are refused', async () => {
  const [owner, other] = [await signUp(app), await signUp(app)];
  const batchId = await postsOf(owner, 10);
  const [mine, again, theirs] = await Promise.allSettled([
    followToEnd(owner, batchId),
    followToEnd(owner, batchId),
    followToEnd(other, batchId),
  ]);
  for (const told of [mine, again])
    expect(told.status === 'fulfilled' && stored(told.value)).toHaveLength(12);
  expect(theirs).toMatchObject({ status: 'rejected', reason: { codes: ['NOT_FOUND'] } });
});

async function overSse(of: Account, batchId: string, headers: Record<string, string> = {}): Promise<string> {
  const query = 'subscription ($batchId: ID!) { batchEvents(batchId: $batchId) { __typename } }';
  const response = await fetch(of.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization: `Bearer ${of.token}`,
      ...headers,
    },
    body: JSON.stringify({ query, variables: { batchId } }),
  });
  return response.text();
}

it('an SSE stream names the cursor of each message, and resumes behind Last-Event-ID', async () => {
  account = await signUp(app);
  const batchId = await postsOf(account, 3);
  await followToEnd(account, batchId);
  const idsOf = (text: string) => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
  const whole = await overSse(account, batchId);
  expect(idsOf(whole)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(whole.endsWith('event: complete\ndata:\n\n')).toBe(true);
  expect(idsOf(await overSse(account, batchId, { 'last-event-id': '3' }))).toEqual([3, 4, 5]);
});

it('says so where events behind the cursor are pruned, and goes on with those that are kept', async () => {
  await using own = await startTestApp();
  const owner = await signUp(own);
  const old = await postsOf(owner, 3);
  await followToEnd(owner, old);
  const recent = await postsOf(owner, 2);
  await waitForBatch(owner, recent, 'is completed', ({ status }) => status === 'COMPLETED');
  const restarted = await own.restart(async (prisma) => {
    await prisma.event.updateMany({
      where: { userSeq: { lte: 3 } },
      data: { createdAt: new Date(Date.now() - 40 * 24 * 3_600_000) },
    });
    expect(await pruneEvents({ prisma }, 30)).toBe(3);
  });
  const back = { ...owner, url: `${restarted.url}/graphql` };
  const signal = AbortSignal.timeout(180_000);
  const events = await Array.fromAsync(
    followBatch({ url: back.url, token: back.token, batchId: old, after: '1', signal }),
  );
  expect(events.map(({ __typename, cursor }) => [__typename, cursor])).toEqual([
    ['BatchSnapshotEvent', '1'],
    ['BatchGapEvent', '3'],
    ['PostCompletedEvent', '4'],
    ['BatchCompletedEvent', '5'],
  ]);
  const all = await workspaceEventsUpTo(back, 9);
  expect(all.map(({ __typename, cursor }) => [__typename, Number(cursor)])[0]).toEqual(['UserGapEvent', 3]);
  expect(all.slice(1).map(({ cursor }) => Number(cursor))).toEqual([4, 5, 6, 7, 8, 9]);
  await restarted.stop();
});

it('ends with the snapshot of a completed batch whose events are all pruned', async () => {
  await using own = await startTestApp();
  const owner = await signUp(own);
  const batchId = await postsOf(owner, 2);
  await followToEnd(owner, batchId);
  const restarted = await own.restart(async (prisma) => {
    await prisma.event.updateMany({ data: { createdAt: new Date(Date.now() - 40 * 24 * 3_600_000) } });
    expect(await pruneEvents({ prisma }, 30)).toBe(4);
  });
  const signal = AbortSignal.timeout(180_000);
  const events = await Array.fromAsync(
    followBatch({ url: `${restarted.url}/graphql`, token: owner.token, batchId, signal }),
  );
  expect(events).toMatchObject([{ __typename: 'BatchSnapshotEvent', batch: { status: 'COMPLETED' } }]);
  await restarted.stop();
});
