import { afterAll, beforeAll, expect, it } from 'vitest';
import { StartBatchDocument } from '../../../client/generated/graphql.ts';
import { createCampaign, signUp, startTestApp, type Account, type TestApp } from '../../support/app.ts';
import { getPosts } from '../../support/batches.ts';

let app: TestApp;
let account: Account;
let campaignId: string;
beforeAll(async () => {
  app = await startTestApp();
  account = await signUp(app);
  campaignId = await createCampaign(account);
});
afterAll(() => app[Symbol.asyncDispose]());

const start = (by: Account, input: { campaignId: string; postCount: number; idempotencyKey: string }) =>
  by.run(StartBatchDocument, { input }).then(({ startBatch }) => startBatch);

it('starts one batch for a key, however often it is sent at once', async () => {
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => start(account, { campaignId, postCount: 2, idempotencyKey: 'spring' })),
  );
  expect(
    new Set(answers.map((answer) => (answer.__typename === 'Batch' ? answer.id : answer.__typename))).size,
  ).toBe(1);
  expect(answers[0]?.__typename).toBe('Batch');
  expect(await getPosts(account, { campaignId })).toHaveLength(2);
});

it('refuses a key that comes with another input, and starts nothing', async () => {
  await start(account, { campaignId, postCount: 1, idempotencyKey: 'summer' });
  const before = (await getPosts(account, { campaignId })).length;
  expect(await start(account, { campaignId, postCount: 2, idempotencyKey: 'summer' })).toMatchObject({
    __typename: 'IdempotencyConflictError',
    code: 'IDEMPOTENCY_CONFLICT',
  });
  expect(await getPosts(account, { campaignId })).toHaveLength(before);
});

it('keeps the keys of two accounts apart', async () => {
  const other = await signUp(app);
  const mine = await start(account, { campaignId, postCount: 1, idempotencyKey: 'autumn' });
  const theirs = await start(other, {
    campaignId: await createCampaign(other),
    postCount: 1,
    idempotencyKey: 'autumn',
  });
  expect(theirs).toMatchObject({ __typename: 'Batch' });
  expect(theirs).not.toEqual(mine);
});
