import { describe, expect } from 'vitest';
import {
  ArchiveCampaignDocument,
  BatchDocument,
  BatchesDocument,
  CampaignDocument,
  CampaignsDocument,
  CancelBatchDocument,
  CountsDocument,
  DeleteCampaignDocument,
  DuplicateCampaignDocument,
  RestoreCampaignDocument,
  StartBatchDocument,
  UpdateCampaignDocument,
  UsageDocument,
  type CampaignFilter,
  type PostFilter,
} from '../../../client/generated/graphql.ts';
import { createCampaign, sampleCampaign, signUp, startBatch, type Account } from '../../support/app.ts';
import { absentId, followToEnd, getPosts, notFound } from '../../support/batches.ts';
import { test } from '../../support/fixtures.ts';

async function names(filter: CampaignFilter, by: Account): Promise<string[]> {
  const order = { by: 'NAME', direction: 'ASC' } as const;
  const { campaigns } = await by.run(CampaignsDocument, { filter, order });
  return campaigns.edges.map(({ node }) => node.name);
}

describe('updateCampaign', () => {
  test('changes what is given and leaves the rest', async ({ account }) => {
    const campaignId = await createCampaign(account);
    const { updateCampaign } = await account.run(UpdateCampaignDocument, {
      input: { campaignId, name: 'Autumn launch', language: 'DE' },
    });
    expect(updateCampaign).toMatchObject({ ...sampleCampaign, name: 'Autumn launch', language: 'de' });
  });

  test('names every bad field and changes nothing', async ({ account }) => {
    const campaignId = await createCampaign(account);
    const { updateCampaign } = await account.run(UpdateCampaignDocument, {
      input: { campaignId, name: ' ', brand: 'b'.repeat(121), tone: 'BOLD' },
    });
    expect(updateCampaign).toMatchObject({ fields: [{ path: 'input.name' }, { path: 'input.brand' }] });
    expect(await account.run(CampaignDocument, { id: campaignId })).toMatchObject({
      campaign: { name: sampleCampaign.name },
    });
  });

  test('answers NOT_FOUND for somebody else’s campaign and for none alike', async ({ app, account }) => {
    const other = await signUp(app);
    for (const campaignId of [await createCampaign(account), absentId('Campaign')]) {
      const { updateCampaign } = await other.run(UpdateCampaignDocument, {
        input: { campaignId, name: 'Mine' },
      });
      expect(updateCampaign).toMatchObject(notFound('campaign'));
    }
  });
});

describe('duplicateCampaign', () => {
  test('makes an active campaign with the same fields, also of an archived one', async ({ account }) => {
    const campaignId = await createCampaign(account, { channel: 'X', language: 'de' });
    await account.run(ArchiveCampaignDocument, { campaignId });
    const { duplicateCampaign } = await account.run(DuplicateCampaignDocument, { input: { campaignId } });
    expect(duplicateCampaign).toMatchObject({
      ...sampleCampaign,
      channel: 'X',
      language: 'de',
      status: 'ACTIVE',
      name: `${sampleCampaign.name} (copy)`,
    });
    expect(duplicateCampaign).not.toMatchObject({ id: campaignId });
  });

  test('cuts a long name between characters, and takes another one', async ({ account }) => {
    const campaignId = await createCampaign(account, { name: '👩‍🌾'.repeat(24) });
    const copy = await account.run(DuplicateCampaignDocument, { input: { campaignId } });
    expect(copy.duplicateCampaign).toMatchObject({ name: `${'👩‍🌾'.repeat(22)} (copy)` });
    const named = await account.run(DuplicateCampaignDocument, { input: { campaignId, name: 'Mine' } });
    expect(named.duplicateCampaign).toMatchObject({ name: 'Mine' });
  });

  test('answers NOT_FOUND for somebody else’s campaign and for none alike', async ({ app, account }) => {
    const other = await signUp(app);
    for (const campaignId of [await createCampaign(account), absentId('Campaign')]) {
      const { duplicateCampaign } = await other.run(DuplicateCampaignDocument, { input: { campaignId } });
      expect(duplicateCampaign).toMatchObject(notFound('campaign'));
    }
  });
});

test('takes no batch for an archived campaign until it is restored', async ({ account }) => {
  const campaignId = await createCampaign(account);
  const { archiveCampaign } = await account.run(ArchiveCampaignDocument, { campaignId });
  expect(archiveCampaign).toMatchObject({ status: 'ARCHIVED' });
  const input = { campaignId, postCount: 1 };
  expect((await account.run(StartBatchDocument, { input })).startBatch).toMatchObject({
    __typename: 'CampaignStateError',
    code: 'CAMPAIGN_STATE',
  });
  const { restoreCampaign } = await account.run(RestoreCampaignDocument, { campaignId });
  expect(restoreCampaign).toMatchObject({ status: 'ACTIVE' });
  expect((await account.run(StartBatchDocument, { input })).startBatch.__typename).toBe('Batch');
});

describe('deleteCampaign', () => {
  test('removes its batches and posts, and keeps on record what was paid', async ({ app }) => {
    const own = await signUp(app);
    const campaignId = await createCampaign(own);
    const input = { campaignId, postCount: 2, idempotencyKey: 'once' };
    const batchId = await startBatch(own, input);
    await followToEnd(own, batchId);
    const { deleteCampaign } = await own.run(DeleteCampaignDocument, { campaignId });
    expect(deleteCampaign).toEqual({ __typename: 'DeletedCampaign', campaignId });
    expect(await own.run(BatchDocument, { id: batchId })).toEqual({ batch: null });
    expect(await getPosts(own, {})).toEqual([]);
    const { me } = await own.run(UsageDocument, {});
    expect(me?.usage.byCampaign).toMatchObject([{ campaign: null, calls: 4 }]);
    expect((await own.run(StartBatchDocument, { input })).startBatch).toMatchObject(notFound('campaign'));
  });

  test('refuses while a batch is unfinished, and works once that is cancelled', async ({ account }) => {
    const campaignId = await createCampaign(account);
    const batchId = await startBatch(account, { campaignId, postCount: 500 });
    expect((await account.run(DeleteCampaignDocument, { campaignId })).deleteCampaign).toMatchObject({
      __typename: 'CampaignStateError',
    });
    await account.run(CancelBatchDocument, { batchId });
    expect((await account.run(DeleteCampaignDocument, { campaignId })).deleteCampaign).toMatchObject({
      __typename: 'DeletedCampaign',
    });
  });

  test('is nobody else’s to do', async ({ app, account }) => {
    const campaignId = await createCampaign(account);
    const { deleteCampaign } = await (await signUp(app)).run(DeleteCampaignDocument, { campaignId });
    expect(deleteCampaign).toMatchObject(notFound('campaign'));
    expect((await account.run(CampaignDocument, { id: campaignId })).campaign).not.toBeNull();
  });
});

describe('lists', () => {
  test('narrow campaigns to status, channel, time and words', async ({ app }) => {
    const own = await signUp(app);
    const coffee = await createCampaign(own, { name: 'A 100% coffee', channel: 'X' });
    await createCampaign(own, { name: 'B tea', brand: 'Leaf', channel: 'LINKEDIN' });
    await own.run(ArchiveCampaignDocument, { campaignId: coffee });
    expect(await names({ status: ['ARCHIVED'] }, own)).toEqual(['A 100% coffee']);
    expect(await names({ channel: ['LINKEDIN', 'TIKTOK'] }, own)).toEqual(['B tea']);
    expect(await names({ search: 'LEAF' }, own)).toEqual(['B tea']);
    expect(await names({ search: '0%' }, own)).toEqual(['A 100% coffee']);
    expect(await names({ search: '%tea' }, own)).toEqual([]);
    const now = new Date().toISOString();
    expect(await names({ created: { until: now } }, own)).toEqual(['A 100% coffee', 'B tea']);
    expect(await names({ created: { since: '2100-01-01T00:00:00Z' } }, own)).toEqual([]);
  });

  test('count all rows of a filter', async ({ app }) => {
    const own = await signUp(app);
    const campaignId = await createCampaign(own);
    const batchId = await startBatch(own, { campaignId, postCount: 3 });
    await startBatch(own, { campaignId: await createCampaign(own, { channel: 'X' }), postCount: 2 });
    await followToEnd(own, batchId);
    expect(await own.run(CountsDocument, { batches: { campaignId }, posts: { channel: ['X'] } })).toEqual({
      campaigns: { totalCount: 2 },
      batches: { totalCount: 1 },
      posts: { totalCount: 2 },
    });
  });

  test('of a channel show batches of campaigns that are for it now, and posts that were written for it, each once', async ({
    app,
  }) => {
    const own = await signUp(app);
    const campaignId = await createCampaign(own, { channel: 'X' });
    await followToEnd(own, await startBatch(own, { campaignId, postCount: 2 }));
    await own.run(UpdateCampaignDocument, { input: { campaignId, channel: 'LINKEDIN' } });
    const counted = async (filter: Pick<PostFilter, 'channel' | 'campaignId'>) => {
      const { batches } = await own.run(BatchesDocument, { filter });
      return [batches.edges.length, (await getPosts(own, filter)).length];
    };
    expect(await counted({ channel: ['LINKEDIN', 'TIKTOK', 'LINKEDIN'] })).toEqual([1, 0]);
    expect(await counted({ channel: ['LINKEDIN'], campaignId })).toEqual([1, 0]);
    expect(await counted({ channel: ['X', 'TIKTOK', 'X'] })).toEqual([0, 2]);
    expect(await counted({ channel: ['X'], campaignId })).toEqual([0, 2]);
  });

  test('of a language show posts that were written in it, whatever their campaign says now', async ({
    app,
  }) => {
    const own = await signUp(app);
    const campaignId = await createCampaign(own, { language: 'pt-BR' });
    await followToEnd(own, await startBatch(own, { campaignId, postCount: 1 }));
    await own.run(UpdateCampaignDocument, { input: { campaignId, language: 'de' } });
    await followToEnd(own, await startBatch(own, { campaignId, postCount: 2 }));
    const count = async (filter: PostFilter) => (await getPosts(own, filter)).length;
    expect(await count({ language: ['PT-br'] })).toBe(1);
    expect(await count({ language: ['de'], campaignId })).toBe(2);
    expect(await count({ language: ['de', 'pt-BR', 'de'] })).toBe(3);
    expect(await count({ language: ['fr'] })).toBe(0);
    await expect(getPosts(own, { language: ['de', 'not a tag'] })).rejects.toMatchObject({
      reasons: [{ fields: [{ path: 'filter.language.1' }] }],
    });
  });

  test('order batches by size', async ({ app }) => {
    const own = await signUp(app);
    const campaignId = await createCampaign(own);
    for (const postCount of [2, 3, 1]) await startBatch(own, { campaignId, postCount });
    const order = { by: 'POST_COUNT', direction: 'DESC' } as const;
    const { batches } = await own.run(BatchesDocument, { order, filter: { search: 'spring' } });
    expect(batches.edges.map(({ node }) => node.progress.postCount)).toEqual([3, 2, 1]);
  });

  test('name the field when a span of time ends before it begins', async ({ account }) => {
    const created = { since: '2026-02-01T00:00:00Z', until: '2026-01-01T00:00:00Z' };
    await expect(account.run(CampaignsDocument, { filter: { created } })).rejects.toMatchObject({
      codes: ['INVALID_INPUT'],
      reasons: [{ fields: [{ path: 'filter.created.until' }] }],
    });
  });
});
