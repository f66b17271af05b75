import { describe, expect } from 'vitest';
import { absentId } from '../../support/batches.ts';
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

  test('names a field as it was sent: in the input, or as an argument', async ({
    app,
    account,
    campaignId,
    batchId,
  }) => {
    const failure =
      '{ ... on InvalidInputError { fields { path } } ... on NotFoundError { path } ... on Batch { id } }';
    const query = `mutation ($batch: ID!, $noBatch: ID!, $campaign: ID!, $noCampaign: ID!) {
      maxCost: resumeBatch(input: { batchId: $batch, maxCost: -1 }) ${failure}
      oldMaxCost: resumeBatch(batchId: $batch, maxCost: -1) ${failure}
      oldPriority: setBatchPriority(batchId: $batch) ${failure}
      type: pauseBatch(input: { batchId: $campaign }) ${failure}
      oldType: pauseBatch(batchId: $campaign) ${failure}
      batch: cancelBatch(input: { batchId: $noBatch }) ${failure}
      oldBatch: cancelBatch(batchId: $noBatch) ${failure}
      update: updateCampaign(input: { campaignId: $noCampaign, name: "None" }) { ... on NotFoundError { path } }
      campaign: deleteCampaign(input: { campaignId: $noCampaign }) { ... on NotFoundError { path } }
      oldCampaign: deleteCampaign(campaignId: $noCampaign) { ... on NotFoundError { path } }
      oldArchived: archiveCampaign(campaignId: $noCampaign) { ... on NotFoundError { path } }
    }`;
    const variables = {
      batch: batchId,
      noBatch: absentId('Batch'),
      campaign: campaignId,
      noCampaign: absentId('Campaign'),
    };
    const { data } = await post(app, { query, variables }, bearer(account));
    const invalid = (path: string) => ({ fields: [{ path }] });
    expect(data).toEqual({
      maxCost: invalid('input.maxCost'),
      oldMaxCost: invalid('maxCost'),
      oldPriority: invalid('priority'),
      type: invalid('input.batchId'),
      oldType: invalid('batchId'),
      batch: { path: 'input.batchId' },
      oldBatch: { path: 'batchId' },
      update: { path: 'input.campaignId' },
      campaign: { path: 'input.campaignId' },
      oldCampaign: { path: 'campaignId' },
      oldArchived: { path: 'campaignId' },
    });
  });
});
