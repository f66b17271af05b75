import { tagOf } from '../../cache/tags.ts';
import { rowIdOf } from '../../domain/ids.ts';
import { Prisma } from '../../store/generated/prisma/client.ts';
import { pageCost } from './costs.ts';
import type { Entity } from './entity.ts';

/** Lists of posts. */
export const post: Entity<'posts'> = {
  name: 'posts',
  type: 'Post',
  cost: pageCost,
  columns: Prisma.PostScalarFieldEnum,
  columnsBehind: {
    __typename: [],
    imageUrl: ['imageKey'],
    image: ['imageKey', 'altText', 'brandId', 'brandVersion'],
    imageCandidates: [],
    cost: [],
    revisions: [],
    planItem: ['ownerId', 'planItemId'],
    variants: ['ownerId', 'batchId', 'planItemId'],
    batch: ['ownerId', 'batchId'],
    campaign: ['ownerId', 'campaignId'],
    brandKit: ['ownerId', 'brandId'],
  },
  tags: {
    row: tagOf.post,
    list({ workspaceId }, { campaignId, batchId }) {
      const [batch, campaign] = [rowIdOf(batchId), rowIdOf(campaignId)];
      if (batch !== undefined) return tagOf.postsOfBatch(batch);
      return campaign === undefined ? tagOf.postsOf(workspaceId) : tagOf.postsOfCampaign(campaign);
    },
    listOf: { campaignId: tagOf.postsOfCampaign, batchId: tagOf.postsOfBatch },
    behind: () => [],
  },
};
