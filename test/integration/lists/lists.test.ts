import { expect } from 'vitest';
import {
  BatchDocument,
  CampaignDocument,
  CampaignsDocument,
  PostsDocument,
  type PostFilter,
} from '../../../client/generated/graphql.ts';
import { createCampaign, signUp, type Account } from '../../support/app.ts';
import { getPosts } from '../../support/batches.ts';
import { test as base } from '../../support/fixtures.ts';

const test = base.extend('postCount', { scope: 'file' }, () => 25);

async function walk(
  account: Account,
  direction: 'forwards' | 'backwards',
  filter: PostFilter,
): Promise<number[]> {
  const positions: number[] = [];
  let page: { first: number; after?: string } | { last: number; before?: string } =
    direction === 'forwards' ? { first: 10 } : { last: 10 };
  for (;;) {
    const { posts } = await account.run(PostsDocument, { filter, ...page });
    const found = posts.edges.map(({ node }) => node.position);
    positions.push(...(direction === 'forwards' ? found : found.toReversed()));
    const { hasNextPage, hasPreviousPage, endCursor, startCursor } = posts.pageInfo;
    if (direction === 'forwards' ? !hasNextPage : !hasPreviousPage) return positions;
    page =
      direction === 'forwards'
        ? { first: 10, after: endCursor ?? '' }
        : { last: 10, before: startCursor ?? '' };
  }
}

test('lists posts newest first, page by page, each once', async ({ account, batchId }) => {
  expect(await walk(account, 'forwards', { batchId })).toEqual(
    Array.from({ length: 25 }, (_, index) => 25 - index),
  );
});

test('walks the same list from its end', async ({ account, batchId }) => {
  expect(await walk(account, 'backwards', { batchId })).toEqual(
    Array.from({ length: 25 }, (_, index) => index + 1),
  );
});

test('narrows posts to a status, a batch and a campaign', async ({ account, campaignId, batchId }) => {
  expect(await getPosts(account, { batchId, status: ['COMPLETED'] })).toHaveLength(25);
  expect(await getPosts(account, { batchId, status: ['FAILED'] })).toHaveLength(0);
  expect(await getPosts(account, { campaignId })).toHaveLength(25);
  expect(await getPosts(account, { campaignId: await createCampaign(account) })).toHaveLength(0);
});

test('lists campaigns newest first', async ({ app }) => {
  const other = await signUp(app);
  const ids = [await createCampaign(other), await createCampaign(other), await createCampaign(other)];
  const { campaigns } = await other.run(CampaignsDocument, { first: 2 });
  expect(campaigns.edges.map(({ node }) => node.id)).toEqual([ids[2], ids[1]]);
  expect(campaigns.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
});

test('shows nobody the rows of somebody else', async ({ app, account, campaignId, batchId }) => {
  const other = await signUp(app);
  expect(await other.run(BatchDocument, { id: batchId })).toEqual({ batch: null });
  expect(await other.run(CampaignDocument, { id: campaignId })).toEqual({ campaign: null });
  expect(await getPosts(other, {})).toEqual([]);
  expect(await getPosts(other, { batchId })).toEqual([]);
  const [post] = await getPosts(account, { batchId });
  const answer = await fetch(other.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${other.token}` },
    body: JSON.stringify({
      query: 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } me { id } }',
      variables: { ids: [batchId, campaignId, post?.id, account.id] },
    }),
  });
  expect(await answer.json()).toEqual({ data: { nodes: [null, null, null, null], me: { id: other.id } } });
});
