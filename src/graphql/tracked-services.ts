import type { Collector } from '../cache/collector.ts';
import { tagOf } from '../cache/tags.ts';
import { fromGlobalId } from '../domain/ids.ts';
import type { BatchFilter } from '../services/batches/batches.ts';
import type { Owner } from '../store/ownership.ts';
import type { PostFilter, PostParent } from '../services/posts/posts.ts';
import type { Services } from './context.ts';

/** What each call of a service reads, as tags of the cache. */
type Notes<Service> = {
  [Name in keyof Service]?: Service[Name] extends (...args: infer Args) => unknown
    ? (...args: Args) => readonly string[]
    : never;
};

/**
 * The services as one answer uses them: they tell of which rows and lists it is made. A call that no note is
 * written for here spoils it: what the cache does not know it does not keep.
 */
export function trackReads(services: Services, reads: Collector): Services {
  const track = <Service extends object>(service: Service, notes: Notes<Service> = {}): Service =>
    new Proxy(service, {
      get(target, name, receiver) {
        const member: unknown = Reflect.get(target, name, receiver);
        const note: unknown = Reflect.get(notes, name);
        if (typeof member !== 'function' || typeof note !== 'function') {
          reads.spoil();
          return member;
        }
        return (...args: unknown[]): unknown => {
          reads.add(...note(...args));
          return member.apply(target, args);
        };
      },
    });
  return {
    campaigns: track(services.campaigns, {
      find: (_owner, id) => [tagOf.campaign(id)],
      findAll: (_owner, ids) => ids.map(tagOf.campaign),
      list: ({ workspaceId }) => [tagOf.campaignsOf(workspaceId)],
      count: ({ workspaceId }) => [tagOf.campaignsOf(workspaceId)],
    }),
    batches: track(services.batches, {
      find: (_viewer, id) => [tagOf.batch(id)],
      findAll: (_owner, ids) => ids.map(tagOf.batch),
      list: (viewer, { filter }) => batchList(viewer, filter),
      count: batchList,
      planOf: nothing,
      pagesOf: (_owner, pages) => pages.map(({ parentId }) => tagOf.batchesOfCampaign(parentId)),
      countsOf: (_owner, campaignIds) => campaignIds.map(tagOf.batchesOfCampaign),
    }),
    posts: track(services.posts, {
      find: (_viewer, id) => [tagOf.post(id)],
      findAll: (_owner, ids) => ids.map(tagOf.post),
      list: (viewer, { filter }) => postList(viewer, filter),
      count: postList,
      planOf: nothing,
      pagesOf: (_owner, parent, pages) => pages.map(({ parentId }) => postsOf(parent, parentId)),
      countsOf: (_owner, parent, ids) => ids.map((id) => postsOf(parent, id)),
      revisionsOf: (wanted) => wanted.map(({ postId }) => tagOf.post(postId)),
    }),
    usages: track(services.usages, {
      costs: (of, ids) => ids.map(of === 'batch' ? tagOf.batch : tagOf.post),
    }),
    // A picture's address is made of its key, and never expires.
    assets: track(services.assets, { urlOf: nothing }),
    prisma: track(services.prisma),
    accounts: track(services.accounts),
    workspaces: track(services.workspaces),
    postEdits: track(services.postEdits),
    progress: track(services.progress),
    outages: track(services.outages),
    quotes: track(services.quotes),
    exports: track(services.exports),
  };
}

const nothing = () => [];

function batchList({ workspaceId }: Owner, { campaignId, channel, search }: BatchFilter): string[] {
  // Search looks at the campaigns of the batches, and a campaign that changes its channel changes that of its batches.
  const also = channel != null || search != null ? [tagOf.campaignsOf(workspaceId)] : [];
  const id = rowId(campaignId);
  return [id === undefined ? tagOf.batchesOf(workspaceId) : tagOf.batchesOfCampaign(id), ...also];
}

function postList({ workspaceId }: Owner, { campaignId, batchId, channel }: PostFilter): string[] {
  const also = channel == null ? [] : [tagOf.campaignsOf(workspaceId)];
  const [batch, campaign] = [rowId(batchId), rowId(campaignId)];
  if (batch !== undefined) return [tagOf.postsOfBatch(batch), ...also];
  return [campaign === undefined ? tagOf.postsOf(workspaceId) : tagOf.postsOfCampaign(campaign), ...also];
}

function postsOf(parent: PostParent, id: string): string {
  return parent === 'batchId' ? tagOf.postsOfBatch(id) : tagOf.postsOfCampaign(id);
}

function rowId(globalId: string | null | undefined): string | undefined {
  return globalId == null ? undefined : fromGlobalId(globalId)?.id;
}
