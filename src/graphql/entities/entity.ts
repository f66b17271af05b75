import type { NodeType } from '../../domain/ids.ts';
import type { BatchFilter } from '../../services/batches/batches.ts';
import type { CampaignFilter } from '../../services/campaigns/campaigns.ts';
import type { PostFilter } from '../../services/posts/posts.ts';
import type { EntityLists } from '../../store/lists/entity-lists.ts';
import type { ParentOf, RowOf, Table } from '../../store/lists/tables.ts';
import type { Owner } from '../../store/ownership.ts';
import type { ListCost } from './costs.ts';

export type FilterOf = { campaigns: CampaignFilter; batches: BatchFilter; posts: PostFilter };

/** The services that have lists, by the name of their table. */
export type ListServices = { [Name in Table]: EntityLists<Name, FilterOf[Name]> };

/** What GraphQL knows of the rows of one table. Loaders, connections, cache notes and costs are made of this. */
export type Entity<Name extends Table> = {
  /** Names its table, its service and the fields that list it. */
  name: Name;
  type: NodeType;
  /** What its lists cost a document. */
  cost: ListCost;
  columns: { readonly [Column in keyof RowOf[Name] & string]: Column };
  /** The columns behind the fields that are no columns themselves. A selection of any other field reads all. */
  columnsBehind: Readonly<Record<string, readonly (keyof RowOf[Name] & string)[]>>;
  /** What the cache notes of an answer that has read it: see cache/tags.ts. */
  tags: {
    row(id: string): string;
    list(owner: Owner, filter: FilterOf[Name] | null | undefined): readonly string[];
    /** The list of the rows of one parent. */
    listOf: { readonly [Parent in ParentOf<Name>]: (parentId: string) => string };
  };
};
