import { builder } from '../../builder.ts';
import { findOne, listAll, totalCountOptions } from '../../connections.ts';
import { campaign } from '../../entities/campaign.ts';
import { commonFilterFields, orderInput } from '../../list-inputs.ts';
import { CampaignNode, CampaignStatusEnum, ChannelEnum } from './campaign.ts';

const CampaignFilterInput = builder.inputType('CampaignFilter', {
  description: 'A filter for a list of campaigns. Fields that are left out do not filter.',
  fields: (t) => ({
    status: t.field({
      type: [CampaignStatusEnum],
      required: false,
      description: 'Only campaigns with one of these statuses.',
    }),
    channel: t.field({
      type: [ChannelEnum],
      required: false,
      description: 'Only campaigns for one of these channels.',
    }),
    ...commonFilterFields(t, {
      created: 'Only campaigns created in this time range.',
      search: 'name, brand or description',
    }),
  }),
});

const CampaignOrderInput = orderInput('Campaign', 'campaigns', {
  CREATED_AT: { value: 'createdAt', description: 'The time of creation.' },
  UPDATED_AT: { value: 'updatedAt', description: 'The time of the last change.' },
  NAME: { value: 'name', description: 'The name of the campaign.' },
});

builder.queryFields((t) => ({
  campaign: t.field({
    type: CampaignNode,
    nullable: true,
    description: 'The campaign with this id; null if your workspace has none.',
    args: { id: t.arg.id({ description: 'The id of the campaign.' }) },
    resolve: findOne(campaign),
  }),
  campaigns: t.connection(
    {
      type: CampaignNode,
      description: 'The campaigns of your workspace, newest first unless `order` is set.',
      args: {
        filter: t.arg({
          type: CampaignFilterInput,
          required: false,
          description: 'Limits the list to campaigns that match.',
        }),
        order: t.arg({
          type: CampaignOrderInput,
          required: false,
          description: 'The sort order; newest first by default.',
        }),
      },
      resolve: listAll(campaign),
    },
    {
      name: 'CampaignConnection',
      description: 'A page of a list of campaigns.',
      fields: (fields) => ({ totalCount: fields.int(totalCountOptions) }),
    },
    { name: 'CampaignEdge', description: 'A campaign in a list, with its cursor.' },
  ),
}));
