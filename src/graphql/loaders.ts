import DataLoader from 'dataloader';
import type { EntityLists } from '../store/lists/entity-lists.ts';
import type { PageOf } from '../store/lists/lists.ts';
import type { Columns, ParentOf, RowOf, Table } from '../store/lists/tables.ts';
import type { PlanItemIds } from '../services/posts/posts.ts';
import type { Owner } from '../store/ownership.ts';
import type { Services } from './services.ts';

/** A key that belongs to a workspace. */
type Owned = { owner: Owner };

/** The loaders of one request. Keys of the same tick and relation are read with one statement. */
export type Loaders = ReturnType<typeof createLoaders>;

/** Creates the loaders of one request. */
export function createLoaders(services: Services) {
  const { campaigns, batches, planItems, posts, brands, usages, outages, looks, logos } = services;
  return {
    campaigns: rowLoaders<'campaigns'>(campaigns),
    batches: rowLoaders<'batches'>(batches),
    planItems: rowLoaders<'planItems'>(planItems),
    posts: rowLoaders<'posts'>(posts),
    /** The posts of a plan item, by position. */
    postsOfItems: ownedLoader(
      () => '',
      ({ owner }, items: readonly (Owned & PlanItemIds)[]) => posts.ofItems(owner, items),
    ),
    brands: rowLoaders<'brands'>(brands),
    brandContents: loader(brands.contentsOf),
    brandVersions: loader(brands.versionsOf),
    revisions: loader(posts.revisionsOf),
    imageCandidates: loader(posts.imageCandidatesOf),
    imageSizes: loader(looks.sizesOf),
    thumbhashes: loader(looks.thumbhashesOf),
    logos: loader(logos.ofVersions),
    batchCosts: loader((ids: readonly string[]) => usages.costs('batch', ids)),
    postCosts: loader((ids: readonly string[]) => usages.costs('post', ids)),
    /** Loads the code of the provider's current outage, or null. The key does not matter. */
    outage: loader(async (asked: readonly 'now'[]) => {
      const code = (await outages.current()) ?? null;
      return asked.map(() => code);
    }),
  };
}

/** The row loaders of every table. */
export type ListLoaders = { [Name in Table]: RowLoaders<Name> };

/** Loaders for the rows of one table: rows by id, pages of a parent's rows, and counts of a parent's rows. */
type RowLoaders<Name extends Table> = {
  byId: DataLoader<Owned & { id: string }, RowOf[Name] | null>;
  pages: DataLoader<PageKey<Name>, Awaited<ReturnType<EntityLists<Name, never>['pagesOf']>>[number]>;
  counts: DataLoader<Omit<PageKey<Name>, 'columns'>, number>;
};

/** A page of one parent's rows, with the columns to read. */
type PageKey<Name extends Table> = Owned & {
  parent: ParentOf<Name>;
  page: PageOf<Name>;
  columns: Columns<RowOf[Name]>;
};

function rowLoaders<Name extends Table>(
  lists: Pick<EntityLists<Name, never>, 'findAll' | 'pagesOf' | 'countsOf'>,
): RowLoaders<Name> {
  return {
    byId: ownedLoader(
      () => '',
      ({ owner }, keys) =>
        lists.findAll(
          owner,
          keys.map(({ id }) => id),
        ),
    ),
    pages: ownedLoader(
      ({ parent }) => parent,
      (_first, keys) =>
        lists.pagesOf(
          keys.map(({ page }) => page),
          columnsOfAll(keys),
        ),
    ),
    counts: ownedLoader(
      ({ parent }) => parent,
      (_first, keys) => lists.countsOf(keys.map(({ page }) => page)),
    ),
  };
}

/** Creates a loader without a cache: subscriptions keep their context for hours, and mutations read what they wrote. */
function loader<Key, Value>(load: (keys: readonly Key[]) => Promise<readonly Value[]>) {
  return new DataLoader<Key, Value>(load, { cache: false });
}

/** @returns the columns that any of the keys needs; undefined, for all columns, if one key needs all. */
function columnsOfAll<Row>(keys: readonly { columns: Columns<Row> }[]): Columns<Row> {
  const [first, ...others] = new Set(keys.map(({ columns }) => columns));
  if (others.length === 0) return first;
  const named = [first, ...others].flatMap((columns) => (columns === undefined ? [] : [columns]));
  return named.length === others.length + 1 ? [...new Set(named.flat())].toSorted() : undefined;
}

/**
 * Creates a loader that runs one statement for each workspace and relation.
 *
 * @param relation returns a name: keys with the same name can be read with one statement.
 * @param load reads the keys of one workspace and relation, in order. `first` is one of them.
 */
function ownedLoader<Key extends Owned, Value>(
  relation: (key: Key) => string,
  load: (first: Key, keys: readonly Key[]) => Promise<readonly Value[]>,
) {
  return loader<Key, Value>(async (keys) => {
    const values = new Map<Key, Value>();
    const groups = Map.groupBy(keys, (key) => `${key.owner.workspaceId} ${relation(key)}`);
    for (const own of groups.values()) {
      const [first] = own;
      if (first === undefined) continue;
      const found = await load(first, own);
      own.forEach((key, index) => {
        const value = found[index];
        if (value !== undefined) values.set(key, value);
      });
    }
    return keys.map((key) => {
      const value = values.get(key);
      if (value === undefined) throw new Error('a loader returned too few values');
      return value;
    });
  });
}
