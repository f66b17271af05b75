import { z } from 'zod';
import { channelNames, type Channel } from '../domain/channels.ts';
import { InvalidInputError } from '../domain/errors.ts';
import { globalId } from '../domain/ids.ts';
import type { Database } from '../store/database.ts';
import type { Post, PostReview, PostStatus } from '../store/generated/prisma/client.ts';
import type { Viewer } from './accounts.ts';
import { among, commonFilterSchema, holding, within, type TimeRange } from './filters.ts';
import { ownedBy } from './ownership.ts';
import { forPrisma, keysetOf, readPage, toPage, type Direction, type Page, type PageArgs } from './paging.ts';
import { newestRevisions, type PostRevision } from './post-revisions.ts';
import type { PostColumn, Reads } from './reads.ts';
import { inOrder, unique } from './rows.ts';
import { parseInput } from './validation.ts';

/** Ids are global ones. A list that is absent or empty does not narrow. */
export type PostFilter = {
  campaignId?: string | null | undefined;
  batchId?: string | null | undefined;
  status?: PostStatus[] | null | undefined;
  review?: PostReview[] | null | undefined;
  channel?: Channel[] | null | undefined;
  created?: TimeRange | null | undefined;
  search?: string | null | undefined;
};

export type PostOrder = { by: 'createdAt' | 'position'; direction: Direction };

export type Posts = {
  /** @returns null for an absent post and for somebody else's alike. */
  find(viewer: Viewer, id: string, columns?: readonly PostColumn[]): Promise<Post | null>;
  /** @returns in the order of the ids; null for an absent post and for somebody else's alike. */
  findAll(viewer: Viewer, ids: readonly string[]): Promise<(Post | null)[]>;
  /** @throws InvalidInputError */
  list(viewer: Viewer, args: { filter: PostFilter; order: PostOrder; page: PageArgs }): Promise<Page<Post>>;
  /**
   * The same page, newest first, of the posts of each campaign, in their order. A page is the one that `list`
   * answers for its campaign, and their cursors are the same.
   *
   * @throws InvalidInputError
   */
  ofCampaigns(
    viewer: Viewer,
    campaignIds: readonly string[],
    page: PageArgs,
    columns?: readonly PostColumn[],
  ): Promise<(Page<Post> | InvalidInputError)[]>;
  /** The newest revisions of each post, at most `first`, in the order of the ids. */
  revisions(viewer: Viewer, postIds: readonly string[], first: number): Promise<PostRevision[][]>;
  /** How many posts each campaign has, in their order. */
  countOfCampaigns(viewer: Viewer, campaignIds: readonly string[]): Promise<number[]>;
  /** How many posts the list has. @throws InvalidInputError */
  count(viewer: Viewer, filter: PostFilter): Promise<number>;
};

const filterSchema = commonFilterSchema.extend({
  campaignId: globalId('Campaign').nullish(),
  batchId: globalId('Batch').nullish(),
  status: z.array(z.enum(['PENDING', 'GENERATING', 'COMPLETED', 'FAILED', 'CANCELLED'])).nullish(),
  review: z.array(z.enum(['UNREVIEWED', 'APPROVED', 'REJECTED'])).nullish(),
  channel: z.array(z.enum(channelNames)).nullish(),
});

/** How lists of posts are ordered unless asked otherwise. */
export const newestPostsFirst = { by: 'createdAt', direction: 'DESC' } as const;

export function createPosts(database: Database, reads: Reads): Posts {
  const { post } = database.prisma;

  const conditions = (viewer: Viewer, filter: z.output<typeof filterSchema>) => ({
    ...ownedBy(viewer),
    ...(filter.campaignId == null ? {} : { campaignId: filter.campaignId }),
    ...(filter.batchId == null ? {} : { batchId: filter.batchId }),
    ...among('status', filter.status),
    ...among('review', filter.review),
    ...(filter.channel == null ? {} : { campaign: among('channel', filter.channel) }),
    ...within('createdAt', filter.created),
    ...holding(['caption', 'targetAudience'], filter.search),
  });

  return {
    find: async (viewer, id, columns) => (await reads.posts(viewer, [id], columns))[0] ?? null,
    findAll: async (viewer, ids) => inOrder(ids, await reads.posts(viewer, unique(ids))),
    list(viewer, { filter, order, page }) {
      const parsed = parseInput(filterSchema, filter, 'filter');
      const list = { name: 'posts', ownerId: viewer.userId, filter: parsed, order };
      return readPage(list, page, (keyset) => {
        const { where, ...rest } = forPrisma(keyset);
        return post.findMany({ ...rest, where: { ...conditions(viewer, parsed), ...where } });
      });
    },
    async ofCampaigns(viewer, campaignIds, page, columns) {
      const listOf = (campaignId: string) => ({
        name: 'posts',
        ownerId: viewer.userId,
        filter: { campaignId },
        order: newestPostsFirst,
      });
      // A cursor belongs to one campaign; what it leaves of the others is an error each.
      const keysets = campaignIds.map((id) => attempt(() => keysetOf(listOf(id), page)));
      const [keyset] = keysets.flatMap((known) => (known instanceof Error ? [] : [known]));
      const asked = campaignIds.filter((_id, place) => !(keysets[place] instanceof Error));
      const rows = keyset === undefined ? [] : await reads.postPages(viewer, asked, keyset, columns);
      const byCampaign = Map.groupBy(rows, ({ campaignId }) => campaignId);
      return campaignIds.map((id, place) => {
        const known = keysets[place];
        return known instanceof Error ? known : toPage(listOf(id), page, byCampaign.get(id) ?? []);
      });
    },
    revisions: (viewer, postIds, first) => newestRevisions(database, viewer, postIds, first),
    async countOfCampaigns(viewer, campaignIds) {
      const counts = await post.groupBy({
        by: 'campaignId',
        where: { campaignId: { in: [...campaignIds] }, ...ownedBy(viewer) },
        _count: true,
      });
      const byCampaign = new Map(counts.map(({ campaignId, _count }) => [campaignId, _count]));
      return campaignIds.map((id) => byCampaign.get(id) ?? 0);
    },
    count: (viewer, filter) =>
      post.count({ where: conditions(viewer, parseInput(filterSchema, filter, 'filter')) }),
  };
}

function attempt<T>(work: () => T): T | InvalidInputError {
  try {
    return work();
  } catch (error) {
    if (error instanceof InvalidInputError) return error;
    throw error;
  }
}
