import DataLoader from 'dataloader';
import type { EntityLists } from '../store/lists/entity-lists.ts';
import type { PageOf } from '../store/lists/lists.ts';
import type { Columns, ParentOf, RowOf, Table } from '../store/lists/tables.ts';
import type { Owner } from '../store/ownership.ts';
import type { Services } from './services.ts';

/** What is asked for belongs to an owner. */
type Owned = { owner: Owner };

/** Loaders of one request: what is asked for in the same tick is read in one statement for each relation. */
export type Loaders = ReturnType<typeof createLoaders>;

/** To be made for each request. */
export function createLoaders({ campaigns, batches, posts, usages, outages }: Services) {
  return {
    campaigns: rowLoaders<'campaigns'>(campaigns),
    batches: rowLoaders<'batches'>(batches),
    posts: rowLoaders<'posts'>(posts),
    revisions: loader(posts.revisionsOf),
    batchCosts: loader((ids: readonly string[]) => usages.costs('batch', ids)),
    postCosts: loader((ids: readonly string[]) => usages.costs('post', ids)),
    /** The code of the provider's outage that holds now, whatever it is asked for; null where there is none. */
    outage: loader(async (asked: readonly 'now'[]) => {
      const code = (await outages.current()) ?? null;
      return asked.map(() => code);
    }),
  };
}

/** Loaders of every table's rows. */
export type ListLoaders = { [Name in Table]: RowLoaders<Name> };

/** Loaders of the rows of one table: by their ids, as pages of a parent's rows, and how many rows a parent has. */
type RowLoaders<Name extends Table> = {
  byId: DataLoader<Owned & { id: string }, RowOf[Name] | null>;
  pages: DataLoader<PageKey<Name>, Awaited<ReturnType<EntityLists<Name, never>['pagesOf']>>[number]>;
  counts: DataLoader<Owned & { parent: ParentOf<Name>; id: string }, number>;
};

/** A page of one parent's rows, and what is shown of them. */
type PageKey<Name extends Table> = Owned & {
  parent: ParentOf<Name>;
  page: PageOf;
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
      ({ owner, parent }, keys) =>
        lists.pagesOf(
          owner,
          parent,
          keys.map(({ page }) => page),
          columnsOfAll(keys),
        ),
    ),
    counts: ownedLoader(
      ({ parent }) => parent,
      ({ owner, parent }, keys) =>
        lists.countsOf(
          owner,
          parent,
          keys.map(({ id }) => id),
        ),
    ),
  };
}

/** Remembers nothing: a subscription keeps its context for hours, and a mutation reads what it has written. */
function loader<Key, Value>(load: (keys: readonly Key[]) => Promise<readonly Value[]>) {
  return new DataLoader<Key, Value>(load, { cache: false });
}

/** What any of them shows; undefined, and so all, where one does not say. */
function columnsOfAll<Row>(keys: readonly { columns: Columns<Row> }[]): Columns<Row> {
  const [first, ...others] = new Set(keys.map(({ columns }) => columns));
  if (others.length === 0) return first;
  const named = [first, ...others].flatMap((columns) => (columns === undefined ? [] : [columns]));
  return named.length === others.length + 1 ? [...new Set(named.flat())].toSorted() : undefined;
}

/**
 * One statement for each owner, of whom a request has one, and each relation.
 *
 * @param relation names what can be read in one statement.
 * @param load answers the keys of one owner and relation, in their order; the first stands for all.
 */
function ownedLoader<Key extends Owned, Value>(
  relation: (key: Key) => string,
  load: (first: Key, keys: readonly Key[]) => Promise<readonly Value[]>,
) {
  return loader<Key, Value>(async (keys) => {
    const values = new Map<Key, Value>();
    const together = Map.groupBy(keys, (key) => `${key.owner.workspaceId} ${relation(key)}`);
    for (const own of together.values()) {
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
      if (value === undefined) throw new Error('a loader answered short');
      return value;
    });
  });
}
