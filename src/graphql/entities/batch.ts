import { tagOf } from '../../cache/tags.ts';
import { rowIdOf } from '../../domain/ids.ts';
import { Prisma } from '../../store/generated/prisma/client.ts';
import { pageCost } from './costs.ts';
import type { Entity } from './entity.ts';

const counters = ['postCount', 'completedCount', 'failedCount', 'cancelledCount', 'foundCount'] as const;

/** Lists of batches. */
export const batch: Entity<'batches'> = {
  name: 'batches',
  type: 'Batch',
  cost: pageCost,
  columns: Prisma.BatchScalarFieldEnum,
  columnsBehind: {
    __typename: [],
    progress: [...counters, 'deletedCount'],
    elapsedSeconds: ['createdAt', 'finishedAt'],
    postsPerSecond: [...counters, 'createdAt', 'finishedAt'],
    cost: [],
    maxCost: ['maxCostMicros'],
    waitingFor: ['status'],
    channels: ['channels', 'channel'],
    languages: ['languages', 'ownerId', 'campaignId'],
    plan: ['ownerId'],
    quote: ['status', 'campaignId', 'itemCount', 'channels', 'languages', 'imageCandidates'],
    campaign: ['ownerId', 'campaignId'],
    posts: ['ownerId'],
  },
  tags: {
    row: tagOf.batch,
    list({ workspaceId }, { campaignId }) {
      const campaign = rowIdOf(campaignId);
      return campaign === undefined ? tagOf.batchesOf(workspaceId) : tagOf.batchesOfCampaign(campaign);
    },
    listOf: { campaignId: tagOf.batchesOfCampaign },
    // Search and channel look at campaigns, so a change of a campaign changes which batches match.
    behind: ({ workspaceId }, { channel, search }) =>
      channel != null || search != null ? [tagOf.campaignsOf(workspaceId)] : [],
  },
};
