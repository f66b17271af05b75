import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createCampaign,
  signUp,
  startBatch,
  startTestApp,
  type Account,
  type TestApp,
} from '../../support/app.ts';
import { followToEnd } from '../../support/batches.ts';
import { post } from '../../support/raw-graphql.ts';

let app: TestApp;
let account: Account;
/** Two campaigns, of 3 and 5 posts, each in one batch. */
const campaigns: string[] = [];
beforeAll(async () => {
  app = await startTestApp();
  account = await signUp(app);
  for (const postCount of [3, 5]) {
    const campaignId = await createCampaign(account);
    campaigns.push(campaignId);
    await followToEnd(account, await startBatch(account, { campaignId, postCount }));
  }
});
afterAll(() => app[Symbol.asyncDispose]());

async function ask(query: string) {
  const { data, errors } = await post(app, { query }, { authorization: `Bearer ${account.token}` });
  return { data: Object(data), errors };
}

const page =
  'pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { position } }';
const positions = (connection: { edges: { node: { position: number } }[] }) =>
  connection.edges.map(({ node }) => node.position);

describe('posts of campaigns', () => {
  it('come newest first, a page for each campaign, with the number of all', async () => {
    const { data } = await ask(
      `{ campaigns(order: { by: CREATED_AT, direction: ASC }) { edges { node { posts(first: 2) { totalCount ${page} } } } } }`,
    );
    const lists = data.campaigns.edges.map(({ node }: { node: { posts: never } }) => node.posts);
    expect(lists.map(positions)).toEqual([
      [3, 2],
      [5, 4],
    ]);
    expect(lists.map(({ totalCount }: { totalCount: number }) => totalCount)).toEqual([3, 5]);
  });

  it('come from both ends under two names', async () => {
    const { data } = await ask(
      `{ campaign(id: "${campaigns[1]}") { newest: posts(first: 2) { ${page} } oldest: posts(last: 2) { ${page} } } }`,
    );
    expect(positions(data.campaign.newest)).toEqual([5, 4]);
    expect(positions(data.campaign.oldest)).toEqual([2, 1]);
    expect(data.campaign.newest.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    expect(data.campaign.oldest.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
  });

  it.each([
    ['in a fragment', 'fragment End on PostConnection { pageInfo { hasNextPage } }', '...End'],
    ['as it is', '', 'pageInfo { hasNextPage }'],
    ['on a condition', '', 'pageInfo @include(if: true) { ... { hasNextPage } }'],
    ['under another name', '', 'end: pageInfo { hasNextPage }'],
  ])('tell whether there is more, asked %s', async (_where, fragment, asked) => {
    const { data } = await ask(`${fragment}
      query { campaign(id: "${campaigns[1]}") {
        posts(first: 2) { edges { node { position } } } posts(first: 2) { ${asked} }
        whole: posts(first: 5) { edges { node { position } } ${asked} }
        bare: posts(first: 2) { edges { node { position } } }
      } }`);
    const { posts, whole, bare } = data.campaign;
    expect(posts.pageInfo ?? posts.end).toEqual({ hasNextPage: true });
    expect(whole.pageInfo ?? whole.end).toEqual({ hasNextPage: false });
    expect(positions(bare)).toEqual([5, 4]);
  });

  it('go on behind their cursor, here and in the list of all posts', async () => {
    const first = await ask(`{ campaign(id: "${campaigns[1]}") { posts(first: 2) { ${page} } } }`);
    const { endCursor } = first.data.campaign.posts.pageInfo;
    const { data } = await ask(`{
      campaign(id: "${campaigns[1]}") { posts(first: 2, after: "${endCursor}") { ${page} } }
      posts(first: 2, after: "${endCursor}", filter: { campaignId: "${campaigns[1]}" }) { ${page} }
    }`);
    expect(positions(data.campaign.posts)).toEqual([3, 2]);
    expect(data.posts).toEqual(data.campaign.posts);
  });

  it('end before their cursor', async () => {
    const all = await ask(`{ campaign(id: "${campaigns[1]}") { posts { ${page} } } }`);
    const before = all.data.campaign.posts.edges[2].cursor;
    const { data } = await ask(
      `{ campaign(id: "${campaigns[1]}") { posts(last: 1, before: "${before}") { ${page} } } }`,
    );
    expect(positions(data.campaign.posts)).toEqual([4]);
  });

  it('refuse a cursor of another campaign', async () => {
    const { data } = await ask(`{ campaign(id: "${campaigns[0]}") { posts(first: 1) { ${page} } } }`);
    const { endCursor } = data.campaign.posts.pageInfo;
    const { errors } = await ask(
      `{ campaign(id: "${campaigns[1]}") { posts(after: "${endCursor}") { ${page} } } }`,
    );
    expect(errors[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT', fields: [{ path: 'after' }] });
  });
});

describe('a filter and an order', () => {
  const oldestFirst = 'order: { by: POSITION, direction: ASC }';

  it('narrow and sort the posts of each campaign, and count what is left', async () => {
    const { data } = await ask(`{ campaigns(order: { by: CREATED_AT, direction: ASC }) { edges { node {
      posts(first: 2, filter: { status: [COMPLETED, FAILED] }, ${oldestFirst}) { totalCount ${page} }
      none: posts(filter: { status: [FAILED] }) { totalCount ${page} }
    } } } }`);
    const lists = data.campaigns.edges.map(({ node }: { node: object }) => node);
    expect(lists.map(({ posts }: { posts: never }) => positions(posts))).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(lists.map(({ posts }: { posts: { totalCount: number } }) => posts.totalCount)).toEqual([3, 5]);
    expect(lists.map(({ none }: { none: { totalCount: number } }) => none.totalCount)).toEqual([0, 0]);
  });

  it('hold for their own list alone, where one list stands under several names', async () => {
    const { data } = await ask(`{ campaign(id: "${campaigns[1]}") {
      all: posts(first: 2) { totalCount ${page} }
      oldest: posts(first: 2, ${oldestFirst}) { totalCount ${page} }
      failed: posts(first: 2, filter: { status: [FAILED] }) { totalCount ${page} }
      completed: posts(first: 3, filter: { status: [COMPLETED] }, ${oldestFirst}) { totalCount ${page} }
      batches(first: 1, order: { by: POST_COUNT, direction: ASC }) { edges { node {
        none: posts(filter: { review: [APPROVED] }) { totalCount ${page} }
        some: posts(filter: { review: [UNREVIEWED] }, ${oldestFirst}) { totalCount ${page} }
      } } }
    } }`);
    const { all, oldest, failed, completed, batches } = data.campaign;
    const { none, some } = batches.edges[0].node;
    const told = [all, oldest, failed, completed, none, some];
    expect(told.map(positions)).toEqual([[5, 4], [1, 2], [], [1, 2, 3], [], [1, 2, 3, 4, 5]]);
    expect(told.map(({ totalCount }) => totalCount)).toEqual([5, 5, 0, 5, 0, 5]);
  });

  it.each([
    ['campaign', 'filter: { status: [COMPLETED], search: "e" }', ''],
    ['campaign', 'filter: { search: "e", channel: [INSTAGRAM] }', oldestFirst],
    ['batch', 'filter: { status: [COMPLETED], review: null }', oldestFirst],
    ['batch', 'filter: {}', ''],
  ])('of a %s with %s have the cursors of the same list of all posts', async (parent, filter, order) => {
    const { data: whole } = await ask(
      `{ campaign(id: "${campaigns[1]}") { batches { edges { node { id } } } } }`,
    );
    const id = parent === 'campaign' ? campaigns[1] : whole.campaign.batches.edges[0].node.id;
    const same = `${filter.slice(0, -1)} ${parent}Id: "${id}" }`;
    const first = await ask(
      `{ ${parent}(id: "${id}") { posts(first: 2, ${filter}, ${order}) { ${page} } } }`,
    );
    const { endCursor } = first.data[parent].posts.pageInfo;
    const { data } = await ask(`{
      ${parent}(id: "${id}") { posts(first: 2, after: "${endCursor}", ${filter}, ${order}) { ${page} } }
      posts(first: 2, after: "${endCursor}", ${same}, ${order}) { ${page} }
    }`);
    expect(positions(data[parent].posts)).toEqual(order === '' ? [3, 2] : [3, 4]);
    expect(data.posts).toEqual(data[parent].posts);
  });

  it('walk a campaign’s posts from their end', async () => {
    const list = `posts(last: 2, filter: { status: [COMPLETED] }, ${oldestFirst}`;
    const end = await ask(`{ campaign(id: "${campaigns[1]}") { ${list}) { ${page} } } }`);
    const { startCursor } = end.data.campaign.posts.pageInfo;
    const { data } = await ask(
      `{ campaign(id: "${campaigns[1]}") { ${list}, before: "${startCursor}") { ${page} } } }`,
    );
    expect([end.data, data].map(({ campaign }) => positions(campaign.posts))).toEqual([
      [4, 5],
      [2, 3],
    ]);
  });

  it('refuse a cursor of another filter', async () => {
    const { data } = await ask(`{ campaign(id: "${campaigns[1]}") { posts(first: 1) { ${page} } } }`);
    const { endCursor } = data.campaign.posts.pageInfo;
    const { errors } = await ask(
      `{ campaign(id: "${campaigns[1]}") { posts(after: "${endCursor}", filter: { status: [COMPLETED] }) { ${page} } } }`,
    );
    expect(errors[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT', fields: [{ path: 'after' }] });
  });

  it('that names another campaign or batch match nothing', async () => {
    const { data: other } = await ask(
      `{ campaign(id: "${campaigns[0]}") { batches { edges { node { id } } } } }`,
    );
    const batchId = other.campaign.batches.edges[0].node.id;
    const found = `{ totalCount ${page} }`;
    const { data } = await ask(`{
      campaign(id: "${campaigns[1]}") {
        own: posts(filter: { campaignId: "${campaigns[1]}" }) ${found}
        other: posts(filter: { campaignId: "${campaigns[0]}" }) ${found}
        otherBatch: posts(filter: { batchId: "${batchId}" }) ${found}
        batches(filter: { campaignId: "${campaigns[0]}" }) { totalCount edges { node { id } } }
      }
      batch(id: "${batchId}") {
        own: posts(filter: { campaignId: "${campaigns[0]}" }) ${found}
        other: posts(filter: { campaignId: "${campaigns[1]}" }) ${found}
      }
    }`);
    const { campaign, batch } = data;
    expect(positions(campaign.own)).toEqual([5, 4, 3, 2, 1]);
    expect(positions(batch.own)).toEqual([3, 2, 1]);
    for (const none of [campaign.other, campaign.otherBatch, campaign.batches, batch.other])
      expect(none).toMatchObject({ totalCount: 0, edges: [] });
  });

  it('that are wrong are refused as on the list of all posts', async () => {
    const range = 'created: { since: "2026-02-01T00:00:00Z", until: "2026-01-01T00:00:00Z" }';
    const { errors } = await ask(
      `{ campaign(id: "${campaigns[1]}") { posts(filter: { ${range}, batchId: "${campaigns[0]}" }) { ${page} } } }`,
    );
    expect(errors[0]?.extensions).toMatchObject({
      code: 'INVALID_INPUT',
      fields: [{ path: 'filter.created.until' }, { path: 'filter.batchId' }],
    });
  });

  it('show nothing of another workspace', async () => {
    const other = await signUp(app);
    const own = await createCampaign(other);
    const { data } = await post(
      app,
      {
        query: `{ campaign(id: "${own}") {
          named: posts(filter: { campaignId: "${campaigns[1]}" }) { totalCount edges { node { id } } }
          all: posts(filter: { status: [COMPLETED] }) { totalCount edges { node { id } } }
          batches(filter: { campaignId: "${campaigns[1]}" }) { totalCount edges { node { id } } }
        } }`,
      },
      { authorization: `Bearer ${other.token}` },
    );
    const nothing = { totalCount: 0, edges: [] };
    expect(data).toEqual({ campaign: { named: nothing, all: nothing, batches: nothing } });
  });
});

it('shows batches of a campaign with their posts', async () => {
  const { data } = await ask(
    `{ campaign(id: "${campaigns[0]}") { batches { totalCount edges { node { posts { ${page} } } } } } }`,
  );
  expect(data.campaign.batches.totalCount).toBe(1);
  expect(positions(data.campaign.batches.edges[0].node.posts)).toEqual([3, 2, 1]);
});
