/**
 * Tags name what an answer was made of. Each row and each list has a tag. A change of a row touches the tags of all lists
 * that it is or could be in, so an answer needs the tags of its lists but not of the rows in them.
 */
export const tagOf = {
  /** Everything in a workspace. Every answer has it. Touched by changes of many rows at once. */
  workspace: (workspaceId: string) => `user:${workspaceId}`,
  /** Lists of a workspace's rows. */
  campaignsOf: (workspaceId: string) => `user:${workspaceId}:campaigns`,
  batchesOf: (workspaceId: string) => `user:${workspaceId}:batches`,
  postsOf: (workspaceId: string) => `user:${workspaceId}:posts`,
  brandsOf: (workspaceId: string) => `user:${workspaceId}:brands`,
  campaign: (id: string) => `campaign:${id}`,
  batchesOfCampaign: (id: string) => `campaign:${id}:batches`,
  postsOfCampaign: (id: string) => `campaign:${id}:posts`,
  /** Includes its cost. */
  batch: (id: string) => `batch:${id}`,
  postsOfBatch: (id: string) => `batch:${id}:posts`,
  planItem: (id: string) => `planItem:${id}`,
  planOfBatch: (id: string) => `batch:${id}:plan`,
  /** Includes its revisions and its cost. */
  post: (id: string) => `post:${id}`,
  /** Includes its versions. */
  brand: (id: string) => `brand:${id}`,
};
