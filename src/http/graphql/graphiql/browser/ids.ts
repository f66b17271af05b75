import { at, store, stored, textAt } from './values.ts';

/** Gives variables that are empty (`""`, 0 or null) the ids that earlier answers had. */
export function withIds(variables: unknown): object {
  const ids = stored('ids');
  const filled = Object.entries(Object(variables)).map(([name, value]) => [
    name,
    value || (at(ids, name) ?? value),
  ]);
  return Object.fromEntries(filled);
}

/** Keeps the ids of an answer for later steps. */
export function keepIds(data: unknown): void {
  const changed = ['post', 'editPost', 'regeneratePost', 'approvePost']
    .map((name) => at(data, name))
    .find((one) => textAt(one, 'id') !== undefined);
  const post = changed ?? at(data, 'batch', 'posts', 'edges', '0', 'node');
  const ids = {
    campaignId: at(data, 'createCampaign', 'id'),
    batchId: at(data, 'startBatch', 'id'),
    postId: at(post, 'id'),
    expectedVersion: at(post, 'version'),
  };
  // What is undefined is left out of JSON.
  store('ids', { ...Object(stored('ids')), ...JSON.parse(JSON.stringify(ids)) });
}
