import { expect } from 'vitest';
import {
  EditPostDocument,
  PostDocument,
  QuoteBatchDocument,
  RegeneratePostDocument,
  RestoreBrandVersionDocument,
  UpdateBrandDocument,
  UpdateCampaignDocument,
  type BrandContentInput,
} from '../../../client/generated/graphql.ts';
import { createCampaign, startBatch, type Account } from '../../support/app.ts';
import { followToEnd, getPosts } from '../../support/batches.ts';
import { createBrand } from '../../support/brands.ts';
import { idlePost } from '../../support/posts.ts';
import { test } from '../../support/fixtures.ts';
import { post as ask } from '../../support/raw-graphql.ts';

const content: BrandContentInput = {
  facts: ['The service costs £45.'],
  visual: { palette: ['#1f3a34'] },
  hashtags: ['fernway'],
  link: { url: 'https://fernway.example', utm: 'utm_source={channel}&utm_campaign={campaign}' },
  disclaimers: [{ channels: ['X'], text: 'Ad' }],
};
const link = 'https://fernway.example/?utm_source=x&utm_campaign=Spring%20launch';

async function read(account: Account, query: string) {
  const app = { url: account.url.replace('/graphql', '') };
  const { data } = await ask(app, { query }, { authorization: `Bearer ${account.token}` });
  return Object(data);
}

/** Orders one post and returns it, with the brand that it was made with and the hashes of its prompts. */
async function makePost(account: Account, campaignId: string) {
  const batchId = await startBatch(account, { campaignId, postCount: 1 });
  await followToEnd(account, batchId);
  const [made] = await getPosts(account, { batchId });
  const query = `{ post(id: "${made?.id}") { caption hashtags brandVersion brandKit { id } revisions { field promptHash } } }`;
  const { revisions, ...rest } = (await read(account, query)).post;
  const hashes: Record<string, string> = Object.fromEntries(
    revisions.map(({ field, promptHash }: { field: string; promptHash: string }) => [field, promptHash]),
  );
  return { ...rest, id: made?.id ?? '', hashes };
}

test('a post has what its brand adds, and says which version it was made with', async ({ account }) => {
  const brandId = await createBrand(account, 'Fernway', content);
  const campaignId = await createCampaign(account, { brandId, channel: 'X' });
  const made = await makePost(account, campaignId);
  expect(made).toMatchObject({ brandVersion: 1, brandKit: { id: brandId } });
  expect(made.caption.endsWith(`\n\n${link}\nAd`)).toBe(true);
  expect(Array.from(made.caption).length).toBeLessThanOrEqual(280);
  expect(made.hashtags[0]).toBe('#fernway');
});

test('a restored version gives the same prompts again, and a post without a brand others', async ({
  account,
}) => {
  const brandId = await createBrand(account, 'Fernway', content);
  const campaignId = await createCampaign(account, { brandId });
  const first = await makePost(account, campaignId);
  await account.run(UpdateBrandDocument, {
    input: { brandId, expectedVersion: 1, content: { ...content, facts: ['It costs £50.'] } },
  });
  const second = await makePost(account, campaignId);
  await account.run(RestoreBrandVersionDocument, { input: { brandId, expectedVersion: 2, number: 1 } });
  const third = await makePost(account, campaignId);
  await account.run(UpdateCampaignDocument, { input: { campaignId, brandId: null } });
  const plain = await makePost(account, campaignId);
  expect([first, second, third, plain].map(({ brandVersion }) => brandVersion)).toEqual([1, 2, 3, null]);
  expect(third.hashes).toEqual(first.hashes);
  expect(second.hashes['CAPTION']).not.toBe(first.hashes['CAPTION']);
  // The fact is no matter of pictures.
  expect(second.hashes['IMAGE']).toBe(first.hashes['IMAGE']);
  expect(plain.hashes['IMAGE']).not.toBe(first.hashes['IMAGE']);
});

test('a post keeps its caption when its brand changes, and its version when the brand is deleted', async ({
  account,
}) => {
  const brandId = await createBrand(account, 'Fernway', content);
  const campaignId = await createCampaign(account, { brandId });
  const made = await makePost(account, campaignId);
  await account.run(UpdateBrandDocument, { input: { brandId, expectedVersion: 1, content: {} } });
  const query = `mutation { deleteBrand(input: { brandId: "${brandId}" }) { __typename } }`;
  await read(account, query);
  const { post } = await account.run(PostDocument, { id: made.id });
  expect(post?.caption).toBe(made.caption);
  const fields = `{ post(id: "${made.id}") { brandVersion brandKit { id } } }`;
  expect((await read(account, fields)).post).toEqual({ brandVersion: 1, brandKit: null });
});

test('a post whose caption is pinned keeps the version of its brand when the caption is made again', async ({
  account,
}) => {
  const brandId = await createBrand(account, 'Fernway', content);
  const { id } = await makePost(account, await createCampaign(account, { brandId }));
  const versionOf = async () =>
    (await read(account, `{ post(id: "${id}") { brandVersion } }`)).post.brandVersion;
  const { version } = await idlePost(account, id);
  const input = { postId: id, expectedVersion: version, caption: 'Mine.' };
  await account.run(EditPostDocument, { input });
  await account.run(UpdateBrandDocument, { input: { brandId, expectedVersion: 1, content: {} } });
  await account.run(RegeneratePostDocument, { input: { postId: id, part: 'CAPTION' } });
  expect((await idlePost(account, id)).caption).toBe('Mine.');
  expect(await versionOf()).toBe(1);
  await account.run(RegeneratePostDocument, { input: { postId: id, part: 'IMAGE' } });
  await idlePost(account, id);
  expect(await versionOf()).toBe(2);
});

test('the quote of a campaign counts the words of its brand', async ({ account }) => {
  const quote = async (campaignId: string) => {
    const { quoteBatch } = await account.run(QuoteBatchDocument, { input: { campaignId, postCount: 10 } });
    if (quoteBatch.__typename !== 'BatchQuote') throw new Error(quoteBatch.__typename);
    return quoteBatch;
  };
  const plain = await quote(await createCampaign(account));
  const examples = Array.from({ length: 8 }, () => 'Fog on the river. '.repeat(100));
  const brandId = await createBrand(account, 'Fernway', { examples });
  const branded = await quote(await createCampaign(account, { brandId }));
  expect(branded.maximumCost).toBeGreaterThan(plain.maximumCost);
  expect(branded.expectedCost).toBeGreaterThan(plain.expectedCost);
});
