import { z } from 'zod';
import { channelNames, type Channel } from '../domain/channels.ts';
import { globalId } from '../domain/ids.ts';
import type { Database } from '../store/database.ts';
import type { Post, PostReview, PostStatus } from '../store/generated/prisma/client.ts';
import type { Viewer } from './accounts.ts';
import { among, commonFilterSchema, holding, within, type TimeRange } from './filters.ts';
import { ownedBy } from './ownership.ts';
import { readPage, type Direction, type Page, type PageArgs } from './paging.ts';
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
  find(viewer: Viewer, id: string): Promise<Post | null>;
  /** @returns in the order of the ids; null for an absent post and for somebody else's alike. */
  findAll(viewer: Viewer, ids: readonly string[]): Promise<(Post | null)[]>;
  /** @throws InvalidInputError */
  list(viewer: Viewer, args: { filter: PostFilter; order: PostOrder; page: PageArgs }): Promise<Page<Post>>;
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

export function createPosts(database: Database): Posts {
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
    find: (viewer, id) => post.findUnique({ where: { id, ...ownedBy(viewer) } }),
    async findAll(viewer, ids) {
      const found = await post.findMany({ where: { id: { in: [...ids] }, ...ownedBy(viewer) } });
      const byId = new Map(found.map((one) => [one.id, one]));
      return ids.map((id) => byId.get(id) ?? null);
    },
    list(viewer, { filter, order, page }) {
      const parsed = parseInput(filterSchema, filter, 'filter');
      const list = { name: 'posts', ownerId: viewer.userId, filter: parsed, order };
      return readPage(list, page, ({ where, ...keyset }) =>
        post.findMany({ ...keyset, where: { ...conditions(viewer, parsed), ...where } }),
      );
    },
    count: (viewer, filter) =>
      post.count({ where: conditions(viewer, parseInput(filterSchema, filter, 'filter')) }),
  };
}
