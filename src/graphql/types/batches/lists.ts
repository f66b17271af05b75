import { builder } from '../../builder.ts';
import { findOne, listAll, listOf, totalCountOptions } from '../../connections.ts';
import { batch } from '../../entities/batch.ts';
import { commonFilterFields, orderInput } from '../../list-inputs.ts';
import { CampaignNode, ChannelEnum } from '../campaigns/campaign.ts';
import { BatchNode, BatchStatusEnum } from './batch.ts';

const BatchEdge = builder.edgeObject({
  type: BatchNode,
  name: 'BatchEdge',
  description: 'A batch in a list, with its cursor.',
});
const BatchConnection = builder.connectionObject(
  {
    type: BatchNode,
    name: 'BatchConnection',
    description: 'A page of a list of batches.',
    fields: (fields) => ({ totalCount: fields.int(totalCountOptions) }),
  },
  BatchEdge,
);

const BatchFilterInput = builder.inputType('BatchFilter', {
  description: 'A filter for a list of batches. Fields that are left out do not filter.',
  fields: (t) => ({
    campaignId: t.id({ required: false, description: 'Only batches of this campaign.' }),
    status: t.field({
      type: [BatchStatusEnum],
      required: false,
      description: 'Only batches with one of these statuses.',
    }),
    channel: t.field({
      type: [ChannelEnum],
      required: false,
      description: 'Only batches of campaigns for one of these channels.',
    }),
    ...commonFilterFields(t, {
      created: 'Only batches started in this time range.',
      search: 'campaign name or brand',
    }),
  }),
});

const BatchOrderInput = orderInput('Batch', 'batches', {
  CREATED_AT: { value: 'createdAt', description: 'The time of the start.' },
  POST_COUNT: {
    value: 'postCount',
    description: 'The number of ordered posts, with those that were deleted since.',
  },
});

/** How a list of batches is filtered and sorted, wherever it stands. */
const args = builder.args((t) => ({
  filter: t.field({
    type: BatchFilterInput,
    required: false,
    description: 'Limits the list to batches that match.',
  }),
  order: t.field({
    type: BatchOrderInput,
    required: false,
    description: 'The sort order; newest first by default.',
  }),
}));

builder.objectField(CampaignNode, 'batches', (t) =>
  t.connection(
    {
      type: BatchNode,
      description:
        'The batches of the campaign, newest first unless `order` is set. Cursors are valid in `batches` too, with its id in the same filter.',
      args,
      resolve: listOf(batch, 'campaignId'),
    },
    BatchConnection,
    BatchEdge,
  ),
);

builder.queryFields((t) => ({
  batch: t.field({
    type: BatchNode,
    nullable: true,
    description: 'The batch with this id; null if your workspace has none.',
    args: { id: t.arg.id({ description: 'The id of the batch.' }) },
    resolve: findOne(batch),
  }),
  batches: t.connection(
    {
      type: BatchNode,
      description: 'The batches of your workspace, newest first unless `order` is set.',
      args,
      resolve: listAll(batch),
    },
    BatchConnection,
    BatchEdge,
  ),
}));
