import type { Collector } from '../cache/collector.ts';
import { tagOf } from '../cache/tags.ts';
import type { ParentOf, Table } from '../store/lists/tables.ts';
import type { Owner } from '../store/ownership.ts';
import type { Entity, FilterOf } from './entities/entity.ts';
import { entities } from './entities/registry.ts';
import type { Services } from './services.ts';

/** Functions that return the cache tags of what a service method reads, by method. */
type Notes<Service> = {
  [Name in keyof Service]?: Service[Name] extends (...args: infer Args) => unknown
    ? (...args: Args) => readonly string[]
    : never;
};

/**
 * Wraps the services so that they record which rows and lists an answer reads. A method without tags here makes the
 * answer uncacheable.
 *
 * @param reads collects the tags of one answer.
 */
export function trackReads(services: Services, reads: Collector): Services {
  const track = <Service extends object>(service: Service, notes: Notes<Service> = {}): Service =>
    new Proxy(service, {
      get(target, name, receiver) {
        const member: unknown = Reflect.get(target, name, receiver);
        const note: unknown = Reflect.get(notes, name);
        if (typeof member !== 'function' || typeof note !== 'function') {
          reads.markUncacheable();
          return member;
        }
        return (...args: unknown[]): unknown => {
          reads.add(...note(...args));
          return member.apply(target, args);
        };
      },
    });
  return {
    campaigns: track(services.campaigns, listNotes(entities.campaigns)),
    batches: track(services.batches, listNotes(entities.batches)),
    planItems: track(services.planItems, listNotes(entities.planItems)),
    posts: track(services.posts, {
      ...listNotes(entities.posts),
      ofItems: (_owner, items) => items.map(({ batchId }) => tagOf.postsOfBatch(batchId)),
      imageCandidatesOf: (postIds) => postIds.map(tagOf.post),
      revisionsOf: (wanted) => wanted.map(({ postId }) => tagOf.post(postId)),
    }),
    brands: track(services.brands, {
      ...listNotes(entities.brands),
      versionsOf: (wanted) => wanted.map(({ brandId }) => tagOf.brand(brandId)),
      contentsOf: (wanted) => wanted.map(({ brandId }) => tagOf.brand(brandId)),
    }),
    usages: track(services.usages, {
      costs: (of, ids) => ids.map(of === 'batch' ? tagOf.batch : tagOf.post),
    }),
    // The address of an image depends on its key alone and never expires.
    assets: track(services.assets, { urlOf: nothing }),
    // What is known of a file never changes, nor does a version of a brand.
    looks: track(services.looks, { sizesOf: nothing, thumbhashesOf: nothing }),
    logos: track(services.logos, { ofVersions: nothing }),
    logoSignatures: track(services.logoSignatures, { sign: nothing }),
    prisma: track(services.prisma),
    accounts: track(services.accounts),
    workspaces: track(services.workspaces),
    deletions: track(services.deletions),
    planEdits: track(services.planEdits),
    postEdits: track(services.postEdits),
    bulkEdits: track(services.bulkEdits),
    progress: track(services.progress),
    outages: track(services.outages),
    quotes: track(services.quotes),
    exports: track(services.exports),
  };
}

const nothing = () => [];

/** The cache tags of the list methods of an entity. */
function listNotes<Name extends Table>({ tags }: Entity<Name>) {
  type Filtered = { filter: FilterOf[Name] | null | undefined };
  const ofList = (owner: Owner, filter: Filtered['filter']) => [
    tags.list(owner, filter ?? {}),
    ...tags.behind(owner, filter ?? {}),
  ];
  return {
    find: (_owner: Owner, id: string) => [tags.row(id)],
    findAll: (_owner: Owner, ids: readonly string[]) => ids.map(tags.row),
    list: (owner: Owner, { filter }: Filtered) => ofList(owner, filter),
    count: ofList,
    // What is planned is read, as a page or as a number.
    planOf: (owner: Owner, parent: ParentOf<Name>, parentId: string, { filter }: Filtered) => [
      tags.listOf[parent](parentId),
      ...tags.behind(owner, filter ?? {}),
    ],
    pagesOf: nothing,
    countsOf: nothing,
  };
}
