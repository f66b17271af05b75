import type { Table } from '../../store/lists/tables.ts';
import { batch } from './batch.ts';
import { brand } from './brand.ts';
import { campaign } from './campaign.ts';
import { otherListCosts, type ListCost } from './costs.ts';
import type { Entity } from './entity.ts';
import { planItem } from './plan-item.ts';
import { post } from './post.ts';

/** All entities that have lists. */
export const entities: { [Name in Table]: Entity<Name> } = {
  campaigns: campaign,
  batches: batch,
  planItems: planItem,
  posts: post,
  brands: brand,
};

/** The cost of each list, by field name. The server does not start if a list has no entry (graphql/schema.ts). */
export const listCosts: ReadonlyMap<string, ListCost> = new Map([
  ...Object.values(entities).map(({ name, field, cost }) => [field ?? name, cost] as const),
  ...Object.entries(otherListCosts),
]);
