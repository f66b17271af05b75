/**
 * Names what an answer was made of. A row has a tag, and each list of rows has one, which every change of a row
 * that is or could be in the list touches: an answer needs the tags of its lists, not those of the rows in them.
 */
export const tagOf = {
  /** All that an account has: touched by what changes much of it at once. In every answer. */
  account: (userId: string) => `user:${userId}`,
  /** Lists of an account's rows. */
  campaignsOf: (userId: string) => `user:${userId}:campaigns`,
  batchesOf: (userId: string) => `user:${userId}:batches`,
  postsOf: (userId: string) => `user:${userId}:posts`,
  campaign: (id: string) => `campaign:${id}`,
  batchesOfCampaign: (id: string) => `campaign:${id}:batches`,
  postsOfCampaign: (id: string) => `campaign:${id}:posts`,
  /** With what it has cost. */
  batch: (id: string) => `batch:${id}`,
  postsOfBatch: (id: string) => `batch:${id}:posts`,
  /** With its revisions and what it has cost. */
  post: (id: string) => `post:${id}`,
};
