import { z } from 'zod';
import { channelNames } from '../../domain/posts/channels.ts';
import { findingCodeSchema, type FindingCode } from '../../domain/checks/finding.ts';
import { hashtagSchema } from '../../domain/posts/content.ts';
import { languageSchema } from '../../domain/posts/languages.ts';
import { globalId } from '../../domain/ids.ts';
import type { Database } from '../../store/database.ts';
import { Prisma, type Post, type PostRevision } from '../../store/generated/prisma/client.ts';
import {
  all,
  among,
  commonFilterSchema,
  eachParent,
  holding,
  is,
  kind,
  matching,
  under,
  within,
  type Rows,
} from '../../store/lists/filters.ts';
import { createEntityLists, type EntityLists } from '../../store/lists/entity-lists.ts';
import { toArray } from '../../store/lists/page-sql.ts';
import { selectList, type ParentOf } from '../../store/lists/tables.ts';
import { ownedRows, type Owner } from '../../store/ownership.ts';

/** A revision, and what its post says: whether it shows it, and with which brand's logo it shows images. */
export type ShownRevision = PostRevision &
  Pick<Post, 'altText' | 'brandId' | 'brandVersion'> & { isCurrent: boolean | null };

/** A plan item, and its batch. */
export type PlanItemIds = { id: string; batchId: string };

/** A post in the version that matched a filter. */
export type MatchedPost = { id: string; version: number };

export type Posts = EntityLists<'posts', PostFilter> & {
  /** @returns the first `take` posts that match, those of a batch together and by position, and how many match in all. */
  matching(
    owner: Owner,
    filter: z.output<typeof postFilterSchema>,
    take: number,
  ): Promise<{ posts: MatchedPost[]; matchedCount: number }>;
  /** @returns for each plan item its posts, by position. */
  ofItems(owner: Owner, items: readonly PlanItemIds[]): Promise<Post[][]>;
  /** @returns for each post its newest `take` revisions, newest first. */
  revisionsOf(wanted: readonly { postId: string; take: number }[]): Promise<ShownRevision[][]>;
  /** @returns for each post the images to choose from: those that its last run made, in their order. */
  imageCandidatesOf(postIds: readonly string[]): Promise<ShownRevision[][]>;
};

/** Which posts a list shows. */
export const postFilterSchema = commonFilterSchema.extend({
  campaignId: globalId('Campaign').nullish(),
  batchId: globalId('Batch').nullish(),
  status: z.array(z.enum(['PENDING', 'GENERATING', 'COMPLETED', 'FAILED', 'CANCELLED'])).nullish(),
  review: z.array(z.enum(['UNREVIEWED', 'APPROVED', 'REJECTED'])).nullish(),
  channel: z.array(z.enum(channelNames)).nullish(),
  language: z.array(languageSchema).nullish(),
  finding: z.array(z.string().pipe(findingCodeSchema)).nullish(),
  hasFindings: z.boolean().nullish(),
  hashtag: hashtagSchema.nullish(),
});

/** Ids are global. An absent or empty list does not narrow. */
export type PostFilter = z.input<typeof postFilterSchema>;

export function createPosts(database: Database): Posts {
  const rowsOf = (
    owner: Owner,
    filter: z.output<typeof postFilterSchema>,
    parent?: ParentOf<'posts'>,
  ): Rows => {
    const { channel } = filter;
    const batchId = parent === 'batchId' ? eachParent : filter.batchId;
    const campaignId = parent === 'campaignId' ? eachParent : filter.campaignId;
    const asked = [
      parent && is('a.parent', filter[parent]),
      within('t.createdAt', filter.created),
      holding(['t.caption', 't.targetAudience'], filter.search),
      tagged(filter.hashtag),
      written(filter.language),
      found(filter),
    ];
    const kinds = [
      kind('t.status', 'PostStatus', filter.status),
      kind('t.review', 'PostReview', filter.review),
    ];
    const isOwned = ownedRows(owner, 'p');
    const ofChannels = among('t.channel', 'Channel', channel);
    const isSearch = filter.search != null || filter.hashtag != null;
    if (batchId != null) {
      return {
        isSearch,
        uniqueBy: 'position',
        where: all([
          under('batch', batchId, [isOwned, is('p.campaignId', campaignId)]),
          ofChannels,
          ...asked,
        ]),
        kinds,
      };
    }
    if (campaignId != null) {
      const where = all([under('campaign', campaignId, [isOwned]), ofChannels, ...asked]);
      return { isSearch, kindsBefore: 'position', where, kinds };
    }
    return {
      isSearch,
      kindsBefore: 'position',
      where: all([ownedRows(owner, 't'), ...asked]),
      kinds: [kind('t.channel', 'Channel', channel), ...kinds],
    };
  };

  return {
    ...createEntityLists(database, 'posts', postFilterSchema, rowsOf),
    async matching(owner, filter, take) {
      const rows = await database.prisma.$queryRaw<(MatchedPost & { matchedCount: number })[]>`
        SELECT t.id, t.version, count(*) OVER ()::int AS "matchedCount" FROM posts t WHERE ${matching(rowsOf(owner, filter))}
        ORDER BY t."batchId", t.position LIMIT ${take}`;
      return {
        posts: rows.map(({ id, version }) => ({ id, version })),
        matchedCount: rows[0]?.matchedCount ?? 0,
      };
    },
    async ofItems(owner, items) {
      const rows = await database.query<Post>(postsOfItems, [
        toArray([...new Set(items.map(({ id }) => id))]),
        owner.workspaceId,
      ]);
      const byItem = Map.groupBy(rows, ({ planItemId }) => planItemId);
      return items.map(({ id }) => byItem.get(id) ?? []);
    },
    async revisionsOf(wanted) {
      const rows = await database.prisma.$queryRaw<(ShownRevision & { index: number })[]>`
        SELECT w.index::int AS index, r.*
        FROM unnest(${wanted.map(({ postId }) => postId)}::uuid[], ${wanted.map(({ take }) => take)}::int[])
             WITH ORDINALITY AS w("postId", take, index)
        JOIN posts p ON p.id = w."postId"
        CROSS JOIN LATERAL (
          SELECT ${shownRevision} FROM post_revisions r WHERE r."postId" = p.id ORDER BY r.number DESC LIMIT w.take
        ) r
        ORDER BY w.index, r.number DESC`;
      const byIndex = Map.groupBy(rows, (row) => row.index);
      return wanted.map((_, index) => byIndex.get(index + 1) ?? []);
    },
    async imageCandidatesOf(postIds) {
      // The revisions of one run are written in one transaction, and so at one time.
      const rows = await database.prisma.$queryRaw<ShownRevision[]>`
        SELECT ${shownRevision}
        FROM posts p JOIN post_revisions r ON r."postId" = p.id
        WHERE p.id = ANY(${postIds}::uuid[]) AND r.field = 'IMAGE' AND r.author = 'MODEL'
          AND r."createdAt" = (SELECT max(o."createdAt") FROM post_revisions o
                               WHERE o."postId" = p.id AND o.field = 'IMAGE' AND o.author = 'MODEL')
        ORDER BY r.number`;
      const byPost = Map.groupBy(rows, ({ postId }) => postId);
      return postIds.map((id) => byPost.get(id) ?? []);
    },
  };
}

const postsOfItems = `
  SELECT ${selectList('posts', undefined)} FROM posts t
  WHERE t."planItemId" = ANY($1::uuid[]) AND t."ownerId" = $2::uuid ORDER BY t.position`;

/** SQL: captions are in one of these languages; undefined for an empty or absent list. */
function written(languages: readonly string[] | null | undefined): Prisma.Sql | undefined {
  if (languages == null || languages.length === 0) return undefined;
  return Prisma.sql`t.language = ANY(${[...new Set(languages)]}::text[])`;
}
/** SQL: the columns of a `ShownRevision`, of a revision `r` of a post `p`. */
const shownRevision = Prisma.sql`
  r.*, p."altText", p."brandId", p."brandVersion",
  r.number = CASE r.field WHEN 'CAPTION' THEN p."captionRevision" WHEN 'HASHTAGS' THEN p."hashtagsRevision"
             WHEN 'ALT_TEXT' THEN p."altTextRevision" ELSE p."imageRevision" END AS "isCurrent"`;

/** SQL: posts show this hashtag, in any case; undefined without one. An index finds them among all posts. */
function tagged(hashtag: string | null | undefined): Prisma.Sql | undefined {
  return hashtag == null
    ? undefined
    : Prisma.sql`t."hashtagKeys" @> fold_hashtags(ARRAY[${hashtag}]::text[])`;
}

/** SQL: the checks found one of these codes in posts, or anything, or nothing; undefined if neither is asked. */
function found({
  finding,
  hasFindings,
}: {
  finding?: readonly FindingCode[] | null | undefined;
  hasFindings?: boolean | null | undefined;
}): Prisma.Sql | undefined {
  const codes =
    finding == null || finding.length === 0 ? [] : [Prisma.sql`t."findingCodes" && ${finding}::text[]`];
  const any = hasFindings == null ? [] : [Prisma.sql`(t."findingCodes" <> '{}') = ${hasFindings}::boolean`];
  return codes.length + any.length === 0 ? undefined : all([...codes, ...any]);
}
