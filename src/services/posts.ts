import { z } from 'zod';
import { globalId } from '../domain/ids.ts';
import type { Database } from '../store/database.ts';
import type { Post, PostStatus } from '../store/generated/prisma/client.ts';
import type { Viewer } from './accounts.ts';
import { readPage, type Page, type PageArgs } from './paging.ts';
import { ownedBy } from './ownership.ts';
import { parseInput } from './validation.ts';

/** Ids are global ones. */
export type PostFilter = {
  campaignId?: string | null | undefined;
  batchId?: string | null | undefined;
  status?: PostStatus | null | undefined;
};

export type Posts = {
  /** @returns null for an absent post and for somebody else's alike. */
  find(viewer: Viewer, id: string): Promise<Post | null>;
  /** @returns in the order of the ids; null for an absent post and for somebody else's alike. */
  findAll(viewer: Viewer, ids: readonly string[]): Promise<(Post | null)[]>;
  /** Newest first. @throws InvalidInputError */
  list(viewer: Viewer, filter: PostFilter, page: PageArgs): Promise<Page<Post>>;
};

const filterSchema = z.object({
  campaignId: globalId('Campaign').nullish(),
  batchId: globalId('Batch').nullish(),
});

export function createPosts(database: Database): Posts {
  const { post } = database.prisma;
  return {
    find: (viewer, id) => post.findUnique({ where: { id, ...ownedBy(viewer) } }),
    async findAll(viewer, ids) {
      const found = await post.findMany({ where: { id: { in: [...ids] }, ...ownedBy(viewer) } });
      const byId = new Map(found.map((one) => [one.id, one]));
      return ids.map((id) => byId.get(id) ?? null);
    },
    list(viewer, filter, page) {
      const { campaignId, batchId } = parseInput(filterSchema, filter, 'filter');
      const where = {
        ...ownedBy(viewer),
        ...(campaignId == null ? {} : { campaignId }),
        ...(batchId == null ? {} : { batchId }),
        ...(filter.status == null ? {} : { status: filter.status }),
      };
      return readPage(page, (keyset) => post.findMany({ ...keyset, where: { ...where, ...keyset.where } }));
    },
  };
}
