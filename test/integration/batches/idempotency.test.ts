import { expect } from 'vitest';
import { StartBatchDocument, type StartBatchInput } from '../../../client/generated/graphql.ts';
import { createCampaign, signUp, type Account } from '../../support/app.ts';
import { getPosts } from '../../support/batches.ts';
import { test } from '../../support/fixtures.ts';

const start = (by: Account, input: StartBatchInput) =>
  by.run(StartBatchDocument, { input }).then(({ startBatch }) => startBatch);

test('starts one batch for a key, however often it is sent at once', async ({ account, campaignId }) => {
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => start(account, { campaignId, postCount: 2, idempotencyKey: 'spring' })),
  );
  expect(
    new Set(answers.map((answer) => (answer.__typename === 'Batch' ? answer.id : answer.__typename))).size,
  ).toBe(1);
  expect(answers[0]?.__typename).toBe('Batch');
  expect(await getPosts(account, { campaignId })).toHaveLength(2);
});

test('refuses a key that comes with another input, and starts nothing', async ({ account, campaignId }) => {
  await start(account, { campaignId, postCount: 1, idempotencyKey: 'summer' });
  const before = (await getPosts(account, { campaignId })).length;
  expect(await start(account, { campaignId, postCount: 2, idempotencyKey: 'summer' })).toMatchObject({
    __typename: 'IdempotencyConflictError',
    code: 'IDEMPOTENCY_CONFLICT',
  });
  expect(await getPosts(account, { campaignId })).toHaveLength(before);
});

test('keeps the keys of two accounts apart', async ({ app, account, campaignId }) => {
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

test('takes another priority for another input, and NORMAL for none', async ({ account, campaignId }) => {
  const order = { campaignId, postCount: 1, idempotencyKey: 'winter' };
  const first = await start(account, order);
  expect(await start(account, { ...order, priority: 'NORMAL' })).toMatchObject({
    id: 'id' in first && first.id,
  });
  expect(await start(account, { ...order, priority: 'HIGH' })).toMatchObject({
    __typename: 'IdempotencyConflictError',
  });
});
