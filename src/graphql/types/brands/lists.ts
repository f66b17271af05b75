import { builder } from '../../builder.ts';
import { findOne, listAll, totalCountOptions } from '../../connections.ts';
import { brand } from '../../entities/brand.ts';
import { commonFilterFields, orderInput } from '../../list-inputs.ts';
import { CampaignNode } from '../campaigns/campaign.ts';
import { BrandNode, brandOf } from './brand.ts';

const BrandFilterInput = builder.inputType('BrandFilter', {
  description: 'A filter for a list of brands. Fields that are left out do not filter.',
  fields: (t) =>
    commonFilterFields(t, { created: 'Only brands created in this time range.', search: 'name' }),
});

const BrandOrderInput = orderInput('Brand', 'brands', {
  CREATED_AT: { value: 'createdAt', description: 'The time of creation.' },
  UPDATED_AT: { value: 'updatedAt', description: 'The time of the last change.' },
  NAME: { value: 'name', description: 'The name of the brand.' },
});

builder.objectField(CampaignNode, 'brandKit', (t) =>
  t.field({
    type: BrandNode,
    nullable: true,
    description: 'The brand that new posts keep to, at its newest version; null without one.',
    resolve: (campaign, _args, context) => brandOf(campaign, context),
  }),
);

builder.queryFields((t) => ({
  brand: t.field({
    type: BrandNode,
    nullable: true,
    description: 'The brand with this id; null if your workspace has none.',
    args: { id: t.arg.id({ description: 'The id of the brand.' }) },
    resolve: findOne(brand),
  }),
  brands: t.connection(
    {
      type: BrandNode,
      description: 'The brands of your workspace, newest first unless `order` is set.',
      args: {
        filter: t.arg({
          type: BrandFilterInput,
          required: false,
          description: 'Limits the list to brands that match.',
        }),
        order: t.arg({
          type: BrandOrderInput,
          required: false,
          description: 'The sort order; newest first by default.',
        }),
      },
      resolve: listAll(brand),
    },
    {
      name: 'BrandConnection',
      description: 'A page of a list of brands.',
      fields: (fields) => ({ totalCount: fields.int(totalCountOptions) }),
    },
    { name: 'BrandEdge', description: 'A brand in a list, with its cursor.' },
  ),
}));
