import { builder } from '../../builder.ts';
import { findOne, listAll, listOf, totalCountOptions } from '../../connections.ts';
import { batch } from '../../entities/batch.ts';
import { commonFilterFields, orderInput } from '../../list-inputs.ts';
import { CampaignNode, ChannelEnum } from '../campaigns/campaign.ts';
import { BatchNode, BatchStatusEnum } from './batch.ts';

const BatchEdge = builder.edgeObject({
  type: BatchNode,
  name: 'BatchEdge',
  description: 'A batch and its place in the list.',
});
const BatchConnection = builder.connectionObject(
  {
    type: BatchNode,
    name: 'BatchConnection',
    description: 'A page of batches.',
    fields: (fields) => ({ totalCount: fields.int(totalCountOptions) }),
  },
  BatchEdge,
);

builder.objectField(CampaignNode, 'batches', (t) =>
  t.connection(
    {
      type: BatchNode,
      description: 'Its batches, newest first. Cursors are those of `batches` with its id as filter.',
      resolve: listOf(batch, 'campaignId'),
    },
    BatchConnection,
    BatchEdge,
  ),
);

const BatchFilterInput = builder.inputType('BatchFilter', {
  description: 'Narrows a list of batches; what is left out does not narrow.',
  fields: (t) => ({
    campaignId: t.id({ required: false, description: 'Batches of this campaign.' }),
    status: t.field({ type: [BatchStatusEnum], required: false, description: 'Any of these.' }),
    channel: t.field({ type: [ChannelEnum], required: false, description: 'Of campaigns for any of these.' }),
    ...commonFilterFields(t, { created: 'When they were started.', search: 'name or brand of the campaign' }),
  }),
});

const BatchOrderInput = orderInput('Batch', 'batches', {
  CREATED_AT: { value: 'createdAt', description: 'When they were started.' },
  POST_COUNT: { value: 'postCount', description: 'How many posts were ordered.' },
});

builder.queryFields((t) => ({
  batch: t.field({
    type: BatchNode,
    nullable: true,
    description: 'One of your batches; null where you have none with this id.',
    args: { id: t.arg.id({ description: 'The batch’s id.' }) },
    resolve: findOne(batch),
  }),
  batches: t.connection(
    {
      type: BatchNode,
      description: 'Your batches, newest first unless ordered otherwise.',
      args: {
        filter: t.arg({ type: BatchFilterInput, required: false, description: 'Which batches.' }),
        order: t.arg({ type: BatchOrderInput, required: false, description: 'In which order.' }),
      },
      resolve: listAll(batch),
    },
    BatchConnection,
    BatchEdge,
  ),
}));
