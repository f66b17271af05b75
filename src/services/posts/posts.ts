import { z } from 'zod';
import { channelNames, type Channel } from '../../domain/posts/channels.ts';
import { globalId } from '../../domain/ids.ts';
import type { Database } from '../../store/database.ts';
import type { Post, PostReview, PostRevision, PostStatus } from '../../store/generated/prisma/client.ts';
import type { Viewer } from '../../domain/viewer.ts';
import {
  all,
  among,
  commonFilterSchema,
  holding,
  is,
  kind,
  under,
  within,
  type Rows,
  type TimeRange,
} from '../../store/lists/filters.ts';
import { createLists, newestFirst, type Columns, type PageOf } from '../../store/lists/lists.ts';
import { ownedBy, ownedRows, type Owner } from '../../store/ownership.ts';
import { planPage, type Direction, type Page, type PageArgs } from '../../store/lists/paging.ts';
import { parseInput } from '../../domain/validation.ts';

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

/** What a list of posts may hang on. */
export type PostParent = 'campaignId' | 'batchId';

/** A revision, and whether its post shows it. */
export type ShownRevision = PostRevision & { isCurrent: boolean | null };

export type Posts = {
  /** @returns null for an absent post and for somebody else's alike. */
  find(viewer: Viewer, id: string, columns?: Columns<Post>): Promise<Post | null>;
  /** @returns in the order of the ids; null for an absent post and for somebody else's alike. */
  findAll(owner: Owner, ids: readonly string[]): Promise<(Post | null)[]>;
  /** @throws InvalidInputError */
  list(
    viewer: Viewer,
    args: { filter: PostFilter; order: PostOrder; page: PageArgs },
    columns?: Columns<Post>,
  ): Promise<Page<Post>>;
  /** How many posts the list has. @throws InvalidInputError */
  count(viewer: Viewer, filter: PostFilter): Promise<number>;
  /** A page of the posts of one campaign or batch, newest first, to be read with others. @throws InvalidInputError */
  planOf(owner: Owner, parent: PostParent, parentId: string, page: PageArgs): PageOf;
  /** Planned pages of several campaigns or batches, in one statement. */
  pagesOf(
    owner: Owner,
    parent: PostParent,
    wanted: readonly PageOf[],
    columns?: Columns<Post>,
  ): Promise<Page<Post>[]>;
  /** How many posts each of these campaigns or batches has, in their order. */
  countsOf(owner: Owner, parent: PostParent, parentIds: readonly string[]): Promise<number[]>;
  /** The newest `take` revisions of each of these posts, newest first, in one statement. */
  revisionsOf(wanted: readonly { postId: string; take: number }[]): Promise<ShownRevision[][]>;
};

const filterSchema = commonFilterSchema.extend({
  campaignId: globalId('Campaign').nullish(),
  batchId: globalId('Batch').nullish(),
  status: z.array(z.enum(['PENDING', 'GENERATING', 'COMPLETED', 'FAILED', 'CANCELLED'])).nullish(),
  review: z.array(z.enum(['UNREVIEWED', 'APPROVED', 'REJECTED'])).nullish(),
  channel: z.array(z.enum(channelNames)).nullish(),
});

export function createPosts(database: Database): Posts {
  const lists = createLists(database, 'posts');

  const rowsOf = (viewer: Viewer, filter: z.output<typeof filterSchema>): Rows => {
    const { batchId, campaignId, channel } = filter;
    const asked = [
      within('t.createdAt', filter.created),
      holding(['t.caption', 't.targetAudience'], filter.search),
    ];
    const kinds = [
      kind('t.status', 'PostStatus', filter.status),
      kind('t.review', 'PostReview', filter.review),
    ];
    const ofParent = [ownedRows(viewer, 'p'), among('p.channel', 'Channel', channel)];
    if (batchId != null) {
      return {
        where: all([under('batch', batchId, [...ofParent, is('p.campaignId', campaignId)]), ...asked]),
        kinds,
      };
    }
    if (campaignId != null) return { where: all([under('campaign', campaignId, ofParent), ...asked]), kinds };
    return {
      where: all([ownedRows(viewer, 't'), ...asked]),
      kinds: [kind('t.channel', 'Channel', channel), ...kinds],
    };
  };

  return {
    find: async (viewer, id, columns) => (await lists.findAll(viewer, [id], columns))[0] ?? null,
    findAll: lists.findAll,
    async list(viewer, { filter, order, page }, columns) {
      const parsed = parseInput(filterSchema, filter, 'filter');
      const list = { name: 'posts', ...ownedBy(viewer), filter: parsed, order };
      return lists.page(list, page, rowsOf(viewer, parsed), columns);
    },
    count: async (viewer, filter) => lists.count(rowsOf(viewer, parseInput(filterSchema, filter, 'filter'))),
    planOf(owner, parent, parentId, page) {
      const list = {
        name: 'posts',
        ...ownedBy(owner),
        filter: { [parent]: parentId },
        order: newestFirst,
      };
      return { parentId, ...planPage(list, page) };
    },
    pagesOf: lists.pagesOf,
    countsOf: lists.countsOf,
    async revisionsOf(wanted) {
      const rows = await database.prisma.$queryRaw<(ShownRevision & { place: number })[]>`
        SELECT w.place::int AS place, r.*
        FROM unnest(${wanted.map(({ postId }) => postId)}::uuid[], ${wanted.map(({ take }) => take)}::int[])
             WITH ORDINALITY AS w("postId", take, place)
        JOIN posts p ON p.id = w."postId"
        CROSS JOIN LATERAL (
          SELECT r.*, r.number = CASE r.field WHEN 'CAPTION' THEN p."captionRevision"
                   WHEN 'HASHTAGS' THEN p."hashtagsRevision" ELSE p."imageRevision" END AS "isCurrent"
          FROM post_revisions r WHERE r."postId" = p.id ORDER BY r.number DESC LIMIT w.take
        ) r
        ORDER BY w.place, r.number DESC`;
      const byPlace = Map.groupBy(rows, ({ place }) => place);
      return wanted.map((_, index) => byPlace.get(index + 1) ?? []);
    },
  };
}
