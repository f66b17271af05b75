import type { NodeType } from '../../domain/ids.ts';
import type { BatchFilter } from '../../services/batches/batches.ts';
import type { BrandFilter } from '../../services/brands/brands.ts';
import type { CampaignFilter } from '../../services/campaigns/campaigns.ts';
import type { PlanItemFilter } from '../../services/plans/lists.ts';
import type { PostFilter } from '../../services/posts/posts.ts';
import type { EntityLists } from '../../store/lists/entity-lists.ts';
import type { ParentOf, RowOf, Table } from '../../store/lists/tables.ts';
import type { Owner } from '../../store/ownership.ts';
import type { ListCost } from './costs.ts';

/** The filter of each table's lists. */
export type FilterOf = {
  campaigns: CampaignFilter;
  batches: BatchFilter;
  planItems: PlanItemFilter;
  posts: PostFilter;
  brands: BrandFilter;
};

/** The services that have lists, by table. */
export type ListServices = { [Name in Table]: EntityLists<Name, FilterOf[Name]> };

/** All that GraphQL needs to list the rows of one table. Loaders, connections, cache tags and costs are derived from it. */
export type Entity<Name extends Table> = {
  /** The name of its table, its service and, without `field`, the fields that list it. */
  name: Name;
  field?: string;
  type: NodeType;
  /** The cost of its lists. */
  cost: ListCost;
  columns: { readonly [Column in keyof RowOf[Name] & string]: Column };
  /** The columns needed by fields that are no columns, or need more than their own. A selection with any other field reads all columns. */
  columnsBehind: Readonly<Record<string, readonly (keyof RowOf[Name] & string)[]>>;
  /** The cache tags of answers that read it: see cache/tags.ts. */
  tags: {
    row(id: string): string;
    list(owner: Owner, filter: FilterOf[Name]): string;
    /** The tag of the rows of one parent. */
    listOf: { readonly [Parent in ParentOf<Name>]: (parentId: string) => string };
    /** The tags of other rows that a filter looks at. */
    behind(owner: Owner, filter: FilterOf[Name]): readonly string[];
  };
};
