import { tagOf } from './tags.ts';

/** The ids of a post, or of other work, and of what it belongs to. `ownerId` is the workspace. */
export type PostIds = {
  ownerId: string;
  campaignId: string | null;
  /** Null for other work than a post: then no list shows it. */
  batchId: string | null;
  postId: string;
};

/**
 * Services report here what they have changed, after the commit. Cached answers that show it are dropped: here at once, on
 * other instances when the message arrives. Never throws or waits.
 */
export type Changes = {
  /** A campaign was created or changed. */
  campaign(campaign: { ownerId: string; id: string }): void;
  /** A brand was created or changed. */
  brand(brand: { ownerId: string; id: string }): void;
  /** A batch was started, with its posts. */
  started(batch: { ownerId: string; campaignId: string }): void;
  /** Posts, their costs or their batches' counters have changed. */
  posts(changed: readonly PostIds[]): void;
  /** Much of a workspace has changed, such as a batch with all its posts. */
  workspace(workspaceId: string): void;
};

/** @param invalidate touches tags. */
export function createChanges(invalidate: (tags: readonly string[]) => void): Changes {
  return {
    campaign: ({ ownerId, id }) => invalidate([tagOf.campaign(id), tagOf.campaignsOf(ownerId)]),
    brand: ({ ownerId, id }) => invalidate([tagOf.brand(id), tagOf.brandsOf(ownerId)]),
    started: ({ ownerId, campaignId }) =>
      invalidate([
        tagOf.batchesOf(ownerId),
        tagOf.postsOf(ownerId),
        tagOf.batchesOfCampaign(campaignId),
        tagOf.postsOfCampaign(campaignId),
      ]),
    posts(changed) {
      if (changed.length === 0) return;
      invalidate([
        ...new Set(
          changed.flatMap(({ ownerId, campaignId, batchId, postId }) => [
            tagOf.post(postId),
            ...(batchId === null
              ? []
              : [
                  tagOf.batch(batchId),
                  tagOf.postsOfBatch(batchId),
                  tagOf.postsOf(ownerId),
                  tagOf.batchesOf(ownerId),
                ]),
            ...(campaignId === null
              ? []
              : [tagOf.postsOfCampaign(campaignId), tagOf.batchesOfCampaign(campaignId)]),
          ]),
        ),
      ]);
    },
    workspace: (workspaceId) => invalidate([tagOf.workspace(workspaceId)]),
  };
}
