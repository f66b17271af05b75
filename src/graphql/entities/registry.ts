import type { Table } from '../../store/lists/tables.ts';
import { batch } from './batch.ts';
import { campaign } from './campaign.ts';
import { otherListCosts, type ListCost } from './costs.ts';
import type { Entity } from './entity.ts';
import { post } from './post.ts';

/** Every entity that has lists. */
export const entities: { [Name in Table]: Entity<Name> } = {
  campaigns: campaign,
  batches: batch,
  posts: post,
};

/** What each list costs a document, by the name of its field. A list without an entry stops the start (graphql/schema.ts). */
export const listCosts: ReadonlyMap<string, ListCost> = new Map([
  ...Object.values(entities).map(({ name, cost }) => [name, cost] as const),
  ...Object.entries(otherListCosts),
]);
