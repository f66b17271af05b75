import { expect } from 'vitest';
import {
  BrandDocument,
  BrandsDocument,
  CampaignDocument,
  CreateBrandDocument,
  CreateCampaignDocument,
  DeleteBrandDocument,
  DuplicateCampaignDocument,
  RestoreBrandVersionDocument,
  UpdateBrandDocument,
  UpdateCampaignDocument,
  type BrandContentInput,
} from '../../../client/generated/graphql.ts';
import { createCampaign, sampleCampaign, signUp, type Account } from '../../support/app.ts';
import { absentId } from '../../support/batches.ts';
import { createBrand, getBrand } from '../../support/brands.ts';
import { test } from '../../support/fixtures.ts';
import { post } from '../../support/raw-graphql.ts';

const content: BrandContentInput = {
  voice: { do: ['Speak as a neighbour.'], dont: ['Frighten anybody.'] },
  vocabulary: {
    forbidden: ['cheap', 'rig'],
    required: ['Fernway'],
    preferred: [{ say: 'bicycle', insteadOf: 'bike' }],
  },
  facts: ['The service costs £45.'],
  examples: ['Your bell has opinions. We oiled it anyway.'],
  visual: { palette: ['#1f3a34'], style: ['soft morning light'] },
  hashtags: ['fernway'],
  link: { url: 'https://fernway.example', utm: 'utm_source={channel}' },
  disclaimers: [{ channels: ['X'], text: 'Ad' }],
};

async function brandKitOf(account: Account, campaignId: string) {
  const query = `{ campaign(id: "${campaignId}") { brand brandKit { id name } } }`;
  const { data } = await post({ url: account.url.replace('/graphql', '') }, { query }, as(account));
  return Object(data).campaign;
}

const as = ({ token }: Account) => ({ authorization: `Bearer ${token}` });

test('a brand says what was written, and its parts that were left out are empty', async ({ account }) => {
  const id = await createBrand(account, 'Fernway', content);
  expect(await getBrand(account, id)).toMatchObject({
    name: 'Fernway',
    version: 1,
    content: { ...content, hashtags: ['#fernway'], visual: { ...content.visual, logo: null } },
  });
  const other = await createBrand(account, 'Empty', {});
  const { content: empty } = await getBrand(account, other);
  expect(empty).toMatchObject({ voice: { do: [], dont: [] }, facts: [], link: null, disclaimers: [] });
});

test('a change makes a version with the whole new content, and the ones before stay', async ({ account }) => {
  const brandId = await createBrand(account, 'Fernway', content);
  const { updateBrand } = await account.run(UpdateBrandDocument, {
    input: { brandId, expectedVersion: 1, content: { facts: ['The service costs £50.'] } },
  });
  expect(updateBrand).toMatchObject({
    version: 2,
    content: { facts: ['The service costs £50.'], hashtags: [] },
  });
  const query = `{ brand(id: "${brandId}") { versions { number content { facts hashtags } } } }`;
  const { data } = await post({ url: account.url.replace('/graphql', '') }, { query }, as(account));
  expect(Object(data).brand.versions).toEqual([
    { number: 2, content: { facts: ['The service costs £50.'], hashtags: [] } },
    { number: 1, content: { facts: ['The service costs £45.'], hashtags: ['#fernway'] } },
  ]);
});

test('a new name alone makes no version', async ({ account }) => {
  const brandId = await createBrand(account, 'Fernway', content);
  const input = { brandId, expectedVersion: 1, name: 'Fernway Cycles' };
  const { updateBrand } = await account.run(UpdateBrandDocument, { input });
  expect(updateBrand).toMatchObject({
    name: 'Fernway Cycles',
    version: 1,
    content: { hashtags: ['#fernway'] },
  });
});

test('of two people who change the same version, the second is told', async ({ account }) => {
  const brandId = await createBrand(account);
  const change = (fact: string) =>
    account.run(UpdateBrandDocument, { input: { brandId, expectedVersion: 1, content: { facts: [fact] } } });
  const answers = await Promise.all([change('One'), change('Two')]);
  const types = answers.map(({ updateBrand }) => updateBrand.__typename).toSorted();
  expect(types).toEqual(['Brand', 'VersionConflictError']);
  expect((await change('Three')).updateBrand).toMatchObject({
    currentVersion: 2,
    message: 'The brand was changed after you read it. Read it again, then repeat your change.',
  });
  expect((await getBrand(account, brandId)).versions.map(({ number }) => number)).toEqual([2, 1]);
});

test('an earlier version is restored as a new one with the same content', async ({ account }) => {
  const brandId = await createBrand(account, 'Fernway', content);
  const before = await getBrand(account, brandId);
  await account.run(UpdateBrandDocument, { input: { brandId, expectedVersion: 1, content: {} } });
  const input = { brandId, expectedVersion: 2, number: 1 };
  const { restoreBrandVersion } = await account.run(RestoreBrandVersionDocument, { input });
  expect(restoreBrandVersion).toMatchObject({ version: 3, content: before.content });
  const { restoreBrandVersion: none } = await account.run(RestoreBrandVersionDocument, {
    input: { brandId, expectedVersion: 3, number: 9 },
  });
  expect(none).toMatchObject({ code: 'NOT_FOUND', message: 'There is no version with this id.' });
});

test('a bad field is named by its place, and nothing is written', async ({ app }) => {
  const account = await signUp(app);
  const { createBrand: refused } = await account.run(CreateBrandDocument, {
    input: {
      name: ' ',
      content: {
        vocabulary: { forbidden: ['a', 'b', 'x'.repeat(81)] },
        visual: { palette: ['green'], logo: { corner: 'TOP_LEFT', widthPercent: 90 } },
        hashtags: ['two words'],
        link: { url: 'fernway', utm: 'a b' },
      },
    },
  });
  expect(refused).toMatchObject({
    fields: [
      { path: 'input.name' },
      { path: 'input.content.vocabulary.forbidden.2' },
      { path: 'input.content.hashtags.0' },
      { path: 'input.content.link.url' },
      { path: 'input.content.link.utm' },
      { path: 'input.content.visual.palette.0' },
      { path: 'input.content.visual.logo.widthPercent' },
    ],
  });
  expect((await account.run(BrandsDocument, {})).brands.edges).toEqual([]);
});

test('more text than a prompt should have is refused as a whole', async ({ account }) => {
  const { createBrand: refused } = await account.run(CreateBrandDocument, {
    input: { name: 'Wordy', content: { examples: Array.from({ length: 10 }, () => 'long '.repeat(430)) } },
  });
  expect(refused).toMatchObject({
    fields: [{ path: 'input.content', message: 'must have at most 20000 characters in all' }],
  });
});

test('brands are found by name, in the order that is asked for', async ({ app }) => {
  const account = await signUp(app);
  for (const name of ['Beta works', 'alpha', 'Beta labs']) await createBrand(account, name);
  const names = async (args: object) =>
    (await account.run(BrandsDocument, args)).brands.edges.map(({ node }) => node.name);
  expect(await names({})).toEqual(['Beta labs', 'alpha', 'Beta works']);
  expect(await names({ filter: { search: 'beta' } })).toEqual(['Beta labs', 'Beta works']);
  expect(await names({ order: { by: 'NAME', direction: 'DESC' }, first: 1 })).toEqual(['alpha']);
  expect(await names({ order: { by: 'UPDATED_AT', direction: 'ASC' } })).toEqual([
    'Beta works',
    'alpha',
    'Beta labs',
  ]);
});

test('every clause of a version has its id', async ({ account }) => {
  const id = await createBrand(account, 'Fernway', content);
  const query = `{ brand(id: "${id}") { content { clauses { id text } } } }`;
  const { data } = await post({ url: account.url.replace('/graphql', '') }, { query }, as(account));
  expect(Object(data).brand.content.clauses).toContainEqual({
    id: 'vocabulary.forbidden.2',
    text: 'Never use the word “rig”.',
  });
});

test('a campaign is given a brand, copies take it along, and null takes it away', async ({ account }) => {
  const brandId = await createBrand(account, 'Fernway');
  const campaignId = await createCampaign(account, { brandId });
  const kit = { brand: sampleCampaign.brand, brandKit: { id: brandId, name: 'Fernway' } };
  expect(await brandKitOf(account, campaignId)).toEqual(kit);
  const { duplicateCampaign } = await account.run(DuplicateCampaignDocument, { input: { campaignId } });
  if (duplicateCampaign.__typename !== 'Campaign') throw new Error(duplicateCampaign.__typename);
  expect(await brandKitOf(account, duplicateCampaign.id)).toEqual(kit);
  await account.run(UpdateCampaignDocument, { input: { campaignId, name: 'Renamed' } });
  expect(await brandKitOf(account, campaignId)).toEqual(kit);
  await account.run(UpdateCampaignDocument, { input: { campaignId, brandId: null } });
  expect(await brandKitOf(account, campaignId)).toEqual({ ...kit, brandKit: null });
  await account.run(UpdateCampaignDocument, { input: { campaignId, brandId, channel: 'X' } });
  expect(await brandKitOf(account, campaignId)).toEqual(kit);
});

test('a brand of somebody else, or of nobody, is not found', async ({ app, account }) => {
  const other = await signUp(app);
  const foreign = await createBrand(other);
  const campaignId = await createCampaign(account);
  for (const brandId of [foreign, absentId('Brand')]) {
    const { createCampaign: created } = await account.run(CreateCampaignDocument, {
      input: { ...sampleCampaign, brandId },
    });
    const { updateCampaign } = await account.run(UpdateCampaignDocument, { input: { campaignId, brandId } });
    for (const answer of [created, updateCampaign])
      expect(answer).toMatchObject({ code: 'NOT_FOUND', message: 'There is no brand with this id.' });
    expect(await brandKitOf(account, campaignId)).toMatchObject({ brandKit: null });
    expect((await account.run(BrandDocument, { id: brandId })).brand).toBeNull();
  }
  const { createCampaign: malformed } = await account.run(CreateCampaignDocument, {
    input: { ...sampleCampaign, brandId: campaignId },
  });
  expect(malformed).toMatchObject({
    fields: [{ path: 'input.brandId', message: 'must be the id of a brand' }],
  });
});

test('campaigns of a deleted brand go on with their text', async ({ account }) => {
  const brandId = await createBrand(account, 'Fernway');
  const campaignId = await createCampaign(account, { brandId });
  const { deleteBrand } = await account.run(DeleteBrandDocument, { brandId });
  expect(deleteBrand).toMatchObject({ brandId });
  expect(await brandKitOf(account, campaignId)).toEqual({ brand: sampleCampaign.brand, brandKit: null });
  expect((await account.run(BrandDocument, { id: brandId })).brand).toBeNull();
  expect((await account.run(CampaignDocument, { id: campaignId })).campaign).not.toBeNull();
  const { deleteBrand: again } = await account.run(DeleteBrandDocument, { brandId });
  expect(again).toMatchObject({ code: 'NOT_FOUND' });
});
