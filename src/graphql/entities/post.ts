import { tagOf } from '../../cache/tags.ts';
import { rowIdOf } from '../../domain/ids.ts';
import { Prisma } from '../../store/generated/prisma/client.ts';
import { pageCost } from './costs.ts';
import type { Entity } from './entity.ts';

export const post: Entity<'posts'> = {
  name: 'posts',
  type: 'Post',
  cost: pageCost,
  columns: Prisma.PostScalarFieldEnum,
  columnsBehind: {
    __typename: [],
    imageUrl: ['imageKey'],
    cost: [],
    revisions: [],
    batch: ['ownerId', 'batchId'],
    campaign: ['ownerId', 'campaignId'],
  },
  tags: {
    row: tagOf.post,
    list({ workspaceId }, filter) {
      const { campaignId, batchId, channel } = filter ?? {};
      // A campaign that changes its channel changes that of its posts.
      const also = channel == null ? [] : [tagOf.campaignsOf(workspaceId)];
      const [batch, campaign] = [rowIdOf(batchId), rowIdOf(campaignId)];
      if (batch !== undefined) return [tagOf.postsOfBatch(batch), ...also];
      return [campaign === undefined ? tagOf.postsOf(workspaceId) : tagOf.postsOfCampaign(campaign), ...also];
    },
    listOf: { campaignId: tagOf.postsOfCampaign, batchId: tagOf.postsOfBatch },
  },
};
