import { z } from 'zod';
import { channelNames } from '../../domain/posts/channels.ts';
import { findingCodeSchema, type FindingCode } from '../../domain/checks/finding.ts';
import { faultOfHashtag, hashtagOf } from '../../domain/posts/content.ts';
import { globalId } from '../../domain/ids.ts';
import type { Database } from '../../store/database.ts';
import { Prisma, type PostRevision } from '../../store/generated/prisma/client.ts';
import {
  all,
  among,
  commonFilterSchema,
  eachParent,
  holding,
  is,
  kind,
  under,
  within,
  type Rows,
} from '../../store/lists/filters.ts';
import { createEntityLists, type EntityLists } from '../../store/lists/entity-lists.ts';
import type { ParentOf } from '../../store/lists/tables.ts';
import { ownedRows, type Owner } from '../../store/ownership.ts';

/** A revision. `isCurrent` says whether its post shows it. */
export type ShownRevision = PostRevision & { isCurrent: boolean | null };

export type Posts = EntityLists<'posts', PostFilter> & {
  /** @returns for each post its newest `take` revisions, newest first. */
  revisionsOf(wanted: readonly { postId: string; take: number }[]): Promise<ShownRevision[][]>;
};

const filterSchema = commonFilterSchema.extend({
  campaignId: globalId('Campaign').nullish(),
  batchId: globalId('Batch').nullish(),
  status: z.array(z.enum(['PENDING', 'GENERATING', 'COMPLETED', 'FAILED', 'CANCELLED'])).nullish(),
  review: z.array(z.enum(['UNREVIEWED', 'APPROVED', 'REJECTED'])).nullish(),
  channel: z.array(z.enum(channelNames)).nullish(),
  finding: z.array(z.string().pipe(findingCodeSchema)).nullish(),
  hasFindings: z.boolean().nullish(),
  hashtag: z
    .string()
    .trim()
    .transform((tag, context) => {
      const message = faultOfHashtag(tag);
      if (message === undefined) return hashtagOf(tag);
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    })
    .nullish(),
});

/** Ids are global. An absent or empty list does not narrow. */
export type PostFilter = z.input<typeof filterSchema>;

export function createPosts(database: Database): Posts {
  const rowsOf = (owner: Owner, filter: z.output<typeof filterSchema>, parent?: ParentOf<'posts'>): Rows => {
    const { channel } = filter;
    const batchId = parent === 'batchId' ? eachParent : filter.batchId;
    const campaignId = parent === 'campaignId' ? eachParent : filter.campaignId;
    const asked = [
      parent && is('a.parent', filter[parent]),
      within('t.createdAt', filter.created),
      holding(['t.caption', 't.targetAudience'], filter.search),
      tagged(filter.hashtag),
      found(filter),
    ];
    const kinds = [
      kind('t.status', 'PostStatus', filter.status),
      kind('t.review', 'PostReview', filter.review),
    ];
    const ofParent = [ownedRows(owner, 'p'), among('p.channel', 'Channel', channel)];
    const isSearch = filter.search != null || filter.hashtag != null;
    if (batchId != null) {
      return {
        isSearch,
        uniqueBy: 'position',
        where: all([under('batch', batchId, [...ofParent, is('p.campaignId', campaignId)]), ...asked]),
        kinds,
      };
    }
    if (campaignId != null) {
      const where = all([under('campaign', campaignId, ofParent), ...asked]);
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
    ...createEntityLists(database, 'posts', filterSchema, rowsOf),
    async revisionsOf(wanted) {
      const rows = await database.prisma.$queryRaw<(ShownRevision & { index: number })[]>`
        SELECT w.index::int AS index, r.*
        FROM unnest(${wanted.map(({ postId }) => postId)}::uuid[], ${wanted.map(({ take }) => take)}::int[])
             WITH ORDINALITY AS w("postId", take, index)
        JOIN posts p ON p.id = w."postId"
        CROSS JOIN LATERAL (
          SELECT r.*, r.number = CASE r.field WHEN 'CAPTION' THEN p."captionRevision"
                   WHEN 'HASHTAGS' THEN p."hashtagsRevision" ELSE p."imageRevision" END AS "isCurrent"
          FROM post_revisions r WHERE r."postId" = p.id ORDER BY r.number DESC LIMIT w.take
        ) r
        ORDER BY w.index, r.number DESC`;
      const byIndex = Map.groupBy(rows, (row) => row.index);
      return wanted.map((_, index) => byIndex.get(index + 1) ?? []);
    },
  };
}

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
