import { tagOf } from '../../cache/tags.ts';
import { Prisma } from '../../store/generated/prisma/client.ts';
import { pageCost } from './costs.ts';
import type { Entity } from './entity.ts';

/** Lists of campaigns. */
export const campaign: Entity<'campaigns'> = {
  name: 'campaigns',
  type: 'Campaign',
  cost: pageCost,
  columns: Prisma.CampaignScalarFieldEnum,
  columnsBehind: {
    __typename: [],
    brandKit: ['ownerId', 'brandId'],
    posts: ['ownerId'],
    batches: ['ownerId'],
  },
  tags: {
    row: tagOf.campaign,
    list: ({ workspaceId }) => tagOf.campaignsOf(workspaceId),
    listOf: {},
    behind: () => [],
  },
};
