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

it('shows batches of a campaign with their posts', async () => {
  const { data } = await ask(
    `{ campaign(id: "${campaigns[0]}") { batches { totalCount edges { node { posts { ${page} } } } } } }`,
  );
  expect(data.campaign.batches.totalCount).toBe(1);
  expect(positions(data.campaign.batches.edges[0].node.posts)).toEqual([3, 2, 1]);
});
