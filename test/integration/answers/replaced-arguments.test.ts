import { describe, expect } from 'vitest';
import { test } from '../../support/fixtures.ts';
import { post } from '../../support/raw-graphql.ts';

const result = '{ __typename ... on InvalidInputError { fields { path message } } }';

const bearer = ({ token }: { token: string }) => ({ authorization: `Bearer ${token}` });

describe('a mutation that has an input now', () => {
  test.for([
    ['archiveCampaign', 'Campaign'],
    ['restoreCampaign', 'Campaign'],
  ] as const)(
    '%s still takes the argument that it had',
    async ([field, type], { app, account, campaignId }) => {
      const query = `mutation ($id: ID!) { ${field}(campaignId: $id) ${result} }`;
      const { data } = await post(app, { query, variables: { id: campaignId } }, bearer(account));
      expect(data).toEqual({ [field]: { __typename: type } });
    },
  );

  test('pauseBatch and resumeBatch still take theirs', async ({ app, account, batchId }) => {
    const query = `mutation ($id: ID!, $most: Float) {
      pauseBatch(batchId: $id) { __typename ... on Error { code } }
      resumeBatch(batchId: $id, maxCost: $most) { __typename ... on Error { code } }
    }`;
    const { data } = await post(app, { query, variables: { id: batchId, most: 2.5 } }, bearer(account));
    // The batch is done: what matters is that it was found.
    expect(data).toEqual({
      pauseBatch: { __typename: 'BatchStateError', code: 'BATCH_STATE' },
      resumeBatch: { __typename: 'BatchStateError', code: 'BATCH_STATE' },
    });
  });

  test('names the input when neither form is there, or both', async ({ app, account, batchId }) => {
    const query = `mutation ($id: ID!) {
      neither: cancelBatch ${result}
      both: cancelBatch(input: { batchId: $id }, batchId: $id) ${result}
    }`;
    const { data } = await post(app, { query, variables: { id: batchId } }, bearer(account));
    expect(data).toEqual({
      neither: { __typename: 'InvalidInputError', fields: [{ path: 'input', message: 'is required' }] },
      both: {
        __typename: 'InvalidInputError',
        fields: [{ path: 'input', message: 'must stand alone, without the arguments that it replaces' }],
      },
    });
  });
});
