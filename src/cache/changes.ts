import { tagOf } from './tags.ts';

/** A post, and what it belongs to. */
export type PostPlace = { ownerId: string; campaignId: string; batchId: string; postId: string };

/**
 * Where services tell what they have changed, after the commit: answers that were made of it are not given any
 * more, here at once and on all other instances within 100 ms. Never throws, never waits.
 */
export type Changes = {
  /** A campaign is new, or has changed. */
  campaign(campaign: { ownerId: string; id: string }): void;
  /** A batch was started, with its posts. */
  started(batch: { ownerId: string; campaignId: string }): void;
  /** Posts have changed: themselves, what they cost, or the counters of their batches. */
  posts(places: readonly PostPlace[]): void;
  /** Much of what a workspace has: a batch with all its posts, a campaign with all its batches. */
  workspace(workspaceId: string): void;
};

/** @param invalidate takes the tags that were touched. */
export function createChanges(invalidate: (tags: readonly string[]) => void): Changes {
  return {
    campaign: ({ ownerId, id }) => invalidate([tagOf.campaign(id), tagOf.campaignsOf(ownerId)]),
    started: ({ ownerId, campaignId }) =>
      invalidate([
        tagOf.batchesOf(ownerId),
        tagOf.postsOf(ownerId),
        tagOf.batchesOfCampaign(campaignId),
        tagOf.postsOfCampaign(campaignId),
      ]),
    posts(places) {
      if (places.length === 0) return;
      invalidate([
        ...new Set(
          places.flatMap(({ ownerId, campaignId, batchId, postId }) => [
            tagOf.post(postId),
            tagOf.batch(batchId),
            tagOf.postsOfBatch(batchId),
            tagOf.postsOfCampaign(campaignId),
            tagOf.batchesOfCampaign(campaignId),
            tagOf.postsOf(ownerId),
            tagOf.batchesOf(ownerId),
          ]),
        ),
      ]);
    },
    workspace: (workspaceId) => invalidate([tagOf.workspace(workspaceId)]),
  };
}
