import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CreateCampaignDocument, StartBatchDocument } from '../../../client/generated/graphql.ts';
import { CampaignsDocument, PostsDocument } from '../../../client/generated/graphql.ts';
import {
  createCampaign,
  sampleCampaign,
  signUp,
  startTestApp,
  type Account,
  type TestApp,
} from '../../support/app.ts';

let app: TestApp;
let account: Account;
let campaignId: string;
beforeAll(async () => {
  app = await startTestApp();
  account = await signUp(app);
  campaignId = await createCampaign(account);
});
afterAll(() => app[Symbol.asyncDispose]());

const idOf = (type: string) => Buffer.from(`${type}:${crypto.randomUUID()}`).toString('base64url');

const answerSchema = z.object({ data: z.unknown().optional(), errors: z.array(z.unknown()).optional() });

/** Sends JSON as it is, past the types of the generated documents. */
async function send(query: string, variables: object = {}) {
  const response = await fetch(account.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${account.token}` },
    body: JSON.stringify({ query, variables }),
  });
  return answerSchema.parse(await response.json());
}

async function writtenRows() {
  const campaigns = await account.run(CampaignsDocument, { first: 100 });
  const posts = await account.run(PostsDocument, { first: 100 });
  return [campaigns.campaigns.edges.length, posts.posts.edges.length];
}

describe('startBatch', () => {
  it.each([
    ['no posts', { postCount: 0 }, 'input.postCount'],
    ['a negative number of posts', { postCount: -1 }, 'input.postCount'],
    ['a thousand million posts', { postCount: 1e9 }, 'input.postCount'],
    ['an id that is none', { campaignId: 'nonsense' }, 'input.campaignId'],
    ['the id of something else', { campaignId: idOf('Post') }, 'input.campaignId'],
    ['an empty audience', { targetAudience: '  ' }, 'input.targetAudience'],
    ['an endless idempotency key', { idempotencyKey: 'k'.repeat(201) }, 'input.idempotencyKey'],
  ])('names the field when it is given %s', async (_what, wrong, path) => {
    const before = await writtenRows();
    const { startBatch } = await account.run(StartBatchDocument, {
      input: { campaignId, postCount: 1, ...wrong },
    });
    expect(startBatch).toMatchObject({
      __typename: 'InvalidInputError',
      code: 'INVALID_INPUT',
      fields: [{ path }],
    });
    expect(await writtenRows()).toEqual(before);
  });

  it('names every bad field at once', async () => {
    const { startBatch } = await account.run(StartBatchDocument, {
      input: { campaignId: 'nonsense', postCount: 0 },
    });
    expect(startBatch).toMatchObject({ fields: [{ path: 'input.campaignId' }, { path: 'input.postCount' }] });
  });

  it.each([
    ['a campaign that is not there', async () => idOf('Campaign')],
    ['a campaign of somebody else', async () => createCampaign(await signUp(app))],
  ])('answers NOT_FOUND for %s', async (_what, foreignId) => {
    const { startBatch } = await account.run(StartBatchDocument, {
      input: { campaignId: await foreignId(), postCount: 1 },
    });
    expect(startBatch).toMatchObject({
      __typename: 'NotFoundError',
      code: 'NOT_FOUND',
      message: 'There is no campaign with this id.',
    });
  });
});

describe('createCampaign', () => {
  it.each([
    ['an empty name', { name: '' }, 'input.name'],
    ['a name of blanks', { name: ' \n ' }, 'input.name'],
    ['a brand of a megabyte', { brand: 'b'.repeat(1_000_000) }, 'input.brand'],
    ['an unknown language', { language: 'klingonese' }, 'input.language'],
    ['a NUL in the description', { description: 'a\0b' }, 'input.description'],
    ['half an emoji in the audience', { targetAudience: '\ud83d' }, 'input.targetAudience'],
  ])('names the field when it is given %s', async (_what, wrong, path) => {
    const before = await writtenRows();
    const { createCampaign: created } = await account.run(CreateCampaignDocument, {
      input: { ...sampleCampaign, ...wrong },
    });
    expect(created).toMatchObject({ __typename: 'InvalidInputError', fields: [{ path }] });
    expect(await writtenRows()).toEqual(before);
  });
});

describe('values that do not fit the schema', () => {
  const start = 'mutation ($input: StartBatchInput!) { startBatch(input: $input) { __typename } }';
  const create = 'mutation ($input: CreateCampaignInput!) { createCampaign(input: $input) { __typename } }';
  it.each([
    ['half a post in a variable', start, { input: { campaignId: 'x', postCount: 2.5 } }, 'input.postCount'],
    [
      'an unknown tone in a variable',
      create,
      { input: { ...sampleCampaign, tone: 'SARCASTIC' } },
      'input.tone',
    ],
    ['a missing name in a variable', create, { input: { ...sampleCampaign, name: undefined } }, 'input.name'],
    [
      'half a post in the document',
      'mutation { startBatch(input: { campaignId: "x", postCount: 2.5 }) { __typename } }',
      {},
      'input.postCount',
    ],
    [
      'an unknown tone in the document',
      'mutation { createCampaign(input: { name: "n", brand: "b", description: "d", tone: SARCASTIC, targetAudience: "a", language: "en", channel: X }) { __typename } }',
      {},
      'input.tone',
    ],
    [
      'a missing brand in the document',
      'mutation { createCampaign(input: { name: "n", description: "d", tone: BOLD, targetAudience: "a", language: "en", channel: X }) { __typename } }',
      {},
      'input.brand',
    ],
  ])('are refused with the code INVALID_INPUT and the field: %s', async (_what, query, variables, field) => {
    const { data, errors } = await send(query, variables);
    expect(data ?? null).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT', field } }]);
  });
});

describe('pages', () => {
  it.each([
    ['a page of none', { first: 0 }, 'first'],
    ['a page of 101', { first: 101 }, 'first'],
    ['a page of 101 from the end', { last: 101 }, 'last'],
    ['both ends at once', { first: 1, last: 1 }, 'last'],
    ['a cursor that is none', { after: 'nonsense' }, 'after'],
    ['a filter with a malformed id', { filter: { batchId: 'nonsense' } }, 'filter.batchId'],
  ])('refuse %s and name the argument', async (_what, args, path) => {
    await expect(account.run(PostsDocument, args)).rejects.toMatchObject({
      codes: ['INVALID_INPUT'],
      message: expect.stringContaining(path),
    });
  });
});
