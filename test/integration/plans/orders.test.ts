import { describe, expect } from 'vitest';
import { StartBatchDocument, type StartBatchInput } from '../../../client/generated/graphql.ts';
import { startBatch } from '../../support/app.ts';
import { test } from '../../support/fixtures.ts';

describe('an order', () => {
  const refused: [string, Partial<StartBatchInput>, string][] = [
    ['neither posts nor rows', {}, 'input.postCount'],
    ['a number of posts that is not that of its rows', { postCount: 3, rows: [{}, {}] }, 'input.postCount'],
    ['no rows', { rows: [] }, 'input.rows'],
    ['a part that is too long', { rows: [{}, { angle: 'a'.repeat(121) }] }, 'input.rows.1.angle'],
    ['a channel twice', { postCount: 1, channels: ['X', 'X'] }, 'input.channels.1'],
    ['a language twice', { postCount: 1, languages: ['pt-BR', 'pt-br'] }, 'input.languages.1'],
    ['a language that is none', { postCount: 1, languages: ['xx-nothing'] }, 'input.languages.0'],
    ['more than 10,000 posts in all', { postCount: 5_001, languages: ['en', 'de'] }, 'input.postCount'],
    ['five images to choose from', { postCount: 1, imageCandidates: 5 }, 'input.imageCandidates'],
  ];
  test.for(refused)('with %s is refused', async ([, order, path], { account, campaignId }) => {
    const { startBatch: answer } = await account.run(StartBatchDocument, { input: { campaignId, ...order } });
    expect(answer).toMatchObject({ __typename: 'InvalidInputError', fields: [{ path }] });
  });

  test('with another row under the same key is refused', async ({ account, campaignId }) => {
    const order = { campaignId, idempotencyKey: 'rows', rows: [{ hook: 'One' }] };
    const batchId = await startBatch(account, order);
    expect(await startBatch(account, order)).toBe(batchId);
    const input = { ...order, rows: [{ hook: 'Two' }] };
    const { startBatch: answer } = await account.run(StartBatchDocument, { input });
    expect(answer).toMatchObject({ __typename: 'IdempotencyConflictError' });
  });
});
