import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { followBatch, listAll } from '../../../client/index.ts';
import { DeletePostDocument, EventsDocument } from '../../../client/generated/graphql.ts';
import {
  createCampaign,
  signUp,
  startBatch,
  startTestApp,
  type Account,
  type TestApp,
} from '../../support/app.ts';
import { followToEnd, getPosts, stored } from '../../support/batches.ts';

let app: TestApp;
let account: Account;
beforeAll(async () => {
  app = await startTestApp();
  account = await signUp(app);
});
afterAll(() => app[Symbol.asyncDispose]());

const oneTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe.each(['websocket', 'sse'] as const)('batchEvents over %s', (transport) => {
  it('starts with a snapshot, tells every event once and in order, and ends with the batch', async () => {
    const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 8 });
    const events = await followToEnd(account, batchId, { transport });
    expect(events[0]).toMatchObject({ __typename: 'BatchSnapshotEvent', batch: { id: batchId } });
    expect(stored(events).map((event) => Number(event.cursor))).toEqual(oneTo(10));
    expect(stored(events).map((event) => event.__typename)).toEqual([
      'BatchStartedEvent',
      ...oneTo(8).map(() => 'PostCompletedEvent'),
      'BatchCompletedEvent',
    ]);
  });

  it('tells a late subscriber of a finished batch the whole story, with the counts of each moment', async () => {
    const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 3 });
    await followToEnd(account, batchId);
    const replayed = stored(await followToEnd(account, batchId, { transport }));
    expect(
      replayed.map((event) => ('progress' in event ? event.progress.completedCount : undefined)),
    ).toEqual([0, 1, 2, 3, 3]);
  });

  it('goes on behind the cursor of a subscriber who comes back', async () => {
    const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 4 });
    await followToEnd(account, batchId);
    const events = stored(await followToEnd(account, batchId, { transport, after: '3' }));
    expect(events.map((event) => Number(event.cursor))).toEqual([4, 5, 6]);
  });

  it('ends at once for a subscriber who has everything', async () => {
    const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 1 });
    await followToEnd(account, batchId);
    const events = await followToEnd(account, batchId, { transport, after: '3' });
    expect(events.map((event) => event.__typename)).toEqual(['BatchSnapshotEvent']);
  });

  it('pushes the finer stages of a post while it is made', async () => {
    app.simulator.control.setLatency({
      captionLatencyMs: { p05: 10_000, p95: 20_000 },
      imageLatencyMs: { p05: 10_000, p95: 30_000 },
    });
    const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 12 });
    const stages = (await followToEnd(account, batchId, { transport })).flatMap((event) =>
      event.__typename === 'PostStageEvent' ? [event.stage] : [],
    );
    expect(new Set(stages)).toEqual(new Set(['STARTED', 'CAPTION_READY', 'IMAGE_READY']));
  });

  it.each([
    [
      'a batch of somebody else',
      async () => {
        const other = await signUp(app);
        return startBatch(other, { campaignId: await createCampaign(other), postCount: 1 });
      },
    ],
    [
      'a batch that is not there',
      async () => Buffer.from(`Batch:${crypto.randomUUID()}`).toString('base64url'),
    ],
  ])('answers NOT_FOUND for %s', async (_what, idOf) => {
    const batchId = await idOf();
    await expect(followToEnd(account, batchId, { transport })).rejects.toMatchObject({
      codes: ['NOT_FOUND'],
    });
  });

  it.each([
    ['batchId', { batchId: 'nonsense' }],
    ['after', { after: 'nonsense' }],
    ['after', { after: '102' }],
  ])('names the argument %s when it is malformed', async (path, wrong) => {
    const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 1 });
    const following = followBatch({
      url: account.url,
      token: account.token,
      transport,
      signal: AbortSignal.timeout(180_000),
      batchId,
      ...wrong,
    });
    await expect(Array.fromAsync(following)).rejects.toMatchObject({
      codes: ['INVALID_INPUT'],
      message: expect.stringContaining(path),
    });
  });

  it('refuses an anonymous subscriber', async () => {
    const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 1 });
    const following = followBatch({
      url: account.url,
      batchId,
      transport,
      signal: AbortSignal.timeout(180_000),
    });
    await expect(Array.fromAsync(following)).rejects.toMatchObject({ codes: ['UNAUTHENTICATED'] });
  });
});

describe('events', () => {
  it('answers what a subscription was told, page by page, with the same cursors', async () => {
    const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 8 });
    const told = stored(await followToEnd(account, batchId));
    const listed = [];
    for await (const event of listAll(account, EventsDocument, { batchId, first: 3 })) listed.push(event);
    expect(listed).toEqual(told);
  });

  it('leaves out what is told of a deleted post', async () => {
    const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 2 });
    await followToEnd(account, batchId);
    const [post] = await getPosts(account, { batchId });
    await account.run(DeletePostDocument, { postId: post?.id ?? '' });
    const { events } = await account.run(EventsDocument, { batchId });
    expect(events.edges.map(({ node }) => node.cursor)).toEqual(['1', expect.any(String), '4']);
  });

  it('answers NOT_FOUND for a batch of another workspace, and names an impossible size or cursor', async () => {
    const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 1 });
    const other = await signUp(app);
    const ask = (of: Account, variables: object) => of.run(EventsDocument, { batchId, ...variables });
    await expect(ask(other, {})).rejects.toMatchObject({ codes: ['NOT_FOUND'] });
    await expect(ask(account, { first: 101 })).rejects.toThrow(/^first: /);
    await expect(ask(account, { after: 'x' })).rejects.toThrow(/^after: /);
  });
});
