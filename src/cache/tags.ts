/**
 * Names what an answer was made of. A row has a tag, and each list of rows has one, which every change of a row
 * that is or could be in the list touches: an answer needs the tags of its lists, not those of the rows in them.
 */
export const tagOf = {
  /** All that a workspace has: touched by what changes much of it at once. In every answer. */
  workspace: (workspaceId: string) => `user:${workspaceId}`,
  /** Lists of a workspace's rows. */
  campaignsOf: (workspaceId: string) => `user:${workspaceId}:campaigns`,
  batchesOf: (workspaceId: string) => `user:${workspaceId}:batches`,
  postsOf: (workspaceId: string) => `user:${workspaceId}:posts`,
  campaign: (id: string) => `campaign:${id}`,
  batchesOfCampaign: (id: string) => `campaign:${id}:batches`,
  postsOfCampaign: (id: string) => `campaign:${id}:posts`,
  /** With what it has cost. */
  batch: (id: string) => `batch:${id}`,
  postsOfBatch: (id: string) => `batch:${id}:posts`,
  /** With its revisions and what it has cost. */
  post: (id: string) => `post:${id}`,
};
