import { builder } from '../../builder.ts';
import { findOne, listAll, totalCountOptions } from '../../connections.ts';
import { campaign } from '../../entities/campaign.ts';
import { commonFilterFields, orderInput } from '../../list-inputs.ts';
import { CampaignNode, CampaignStatusEnum, ChannelEnum } from './campaign.ts';

const CampaignFilterInput = builder.inputType('CampaignFilter', {
  description: 'Narrows a list of campaigns; what is left out does not narrow.',
  fields: (t) => ({
    status: t.field({ type: [CampaignStatusEnum], required: false, description: 'Any of these.' }),
    channel: t.field({ type: [ChannelEnum], required: false, description: 'Any of these.' }),
    ...commonFilterFields(t, { created: 'When they were created.', search: 'name, brand or description' }),
  }),
});

const CampaignOrderInput = orderInput('Campaign', 'campaigns', {
  CREATED_AT: { value: 'createdAt', description: 'When they were created.' },
  UPDATED_AT: { value: 'updatedAt', description: 'When they were last changed.' },
  NAME: { value: 'name', description: 'Their names.' },
});

builder.queryFields((t) => ({
  campaign: t.field({
    type: CampaignNode,
    nullable: true,
    description: 'One of your campaigns; null where you have none with this id.',
    args: { id: t.arg.id({ description: 'The campaign’s id.' }) },
    resolve: findOne(campaign),
  }),
  campaigns: t.connection(
    {
      type: CampaignNode,
      description: 'Your campaigns, newest first unless ordered otherwise.',
      args: {
        filter: t.arg({ type: CampaignFilterInput, required: false, description: 'Which campaigns.' }),
        order: t.arg({ type: CampaignOrderInput, required: false, description: 'In which order.' }),
      },
      resolve: listAll(campaign),
    },
    {
      name: 'CampaignConnection',
      description: 'A page of campaigns.',
      fields: (fields) => ({ totalCount: fields.int(totalCountOptions) }),
    },
    { name: 'CampaignEdge', description: 'A campaign and its place in the list.' },
  ),
}));
