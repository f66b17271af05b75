import DataLoader from 'dataloader';
import type { Owner } from '../store/ownership.ts';
import type { Columns, PageOf } from '../store/lists/lists.ts';
import type { PostParent } from '../services/posts/posts.ts';
import type { Post } from '../store/generated/prisma/client.ts';
import type { Services } from './services.ts';

/** What a look-up is for: something of an owner's. */
type Owned = { owner: Owner };
/** One row by its id. */
type RowKey = Owned & { id: string };
/** A page of a list within a list, and what is shown of its rows. */
type PageKey<Row = unknown> = Owned & { page: PageOf; columns?: Columns<Row> };

/** Look-ups of one request: what is asked in one moment is asked in one statement for each relation. */
export type Loaders = ReturnType<typeof createLoaders>;

/** To be made for each request. */
export function createLoaders({ campaigns, batches, posts, usages, outages }: Services) {
  const postsOf = (parent: PostParent) => ({
    pages: joined(
      (key: PageKey<Post>) => key,
      (owner, keys) =>
        posts.pagesOf(
          owner,
          parent,
          keys.map(({ page }) => page),
          columnsOfAll(keys),
        ),
    ),
    counts: joined(idOf, (owner, ids) => posts.countsOf(owner, parent, ids)),
  });
  return {
    campaigns: joined(idOf, campaigns.findAll),
    batches: joined(idOf, batches.findAll),
    posts: joined(idOf, posts.findAll),
    campaignPosts: postsOf('campaignId'),
    batchPosts: postsOf('batchId'),
    campaignBatches: {
      pages: joined(({ page }: PageKey) => page, batches.pagesOf),
      counts: joined(idOf, batches.countsOf),
    },
    revisions: together(posts.revisionsOf),
    batchCosts: together((ids: readonly string[]) => usages.costs('batch', ids)),
    postCosts: together((ids: readonly string[]) => usages.costs('post', ids)),
    /** The code of the provider's outage that holds now, whatever it is asked for; null where there is none. */
    outage: together(async (asked: readonly 'now'[]) => {
      const code = (await outages.current()) ?? null;
      return asked.map(() => code);
    }),
  };
}

const idOf = ({ id }: RowKey) => id;

/** Remembers nothing: a subscription keeps its context for hours, and a mutation reads what it has written. */
function together<Key, Value>(load: (keys: readonly Key[]) => Promise<readonly Value[]>) {
  return new DataLoader<Key, Value>(load, { cache: false });
}

/** What any of them shows; undefined, and so all, where one does not say. */
function columnsOfAll<Row>(keys: readonly PageKey<Row>[]): Columns<Row> {
  const [first, ...others] = new Set(keys.map(({ columns }) => columns));
  if (others.length === 0) return first;
  const named = [first, ...others].flatMap((columns) => (columns === undefined ? [] : [columns]));
  return named.length === others.length + 1 ? [...new Set(named.flat())].toSorted() : undefined;
}

/** One statement for each owner, of whom a request has one. */
function joined<Key extends Owned, What, Value>(
  pick: (key: Key) => What,
  load: (owner: Owner, wanted: readonly What[]) => Promise<readonly Value[]>,
) {
  return together(async (keys: readonly Key[]) => {
    const values = new Map<Key, Value>();
    for (const own of Map.groupBy(keys, ({ owner }) => owner.workspaceId).values()) {
      const [first] = own;
      if (first === undefined) continue;
      const found = await load(first.owner, own.map(pick));
      own.forEach((key, place) => {
        const value = found[place];
        if (value !== undefined) values.set(key, value);
      });
    }
    return keys.map((key) => {
      const value = values.get(key);
      if (value === undefined) throw new Error('a look-up was answered short');
      return value;
    });
  });
}
