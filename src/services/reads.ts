import type { Database } from '../store/database.ts';
import { Prisma, type Campaign, type Post } from '../store/generated/prisma/client.ts';
import type { Owner } from './ownership.ts';
import type { Keyset } from './paging.ts';

/**
 * The reads that most requests wait for, as prepared SQL: who asks, a post, a page of campaigns, the posts of
 * each of them. They answer as Prisma would (test/integration/reads.test.ts); all else is Prisma's.
 *
 * `columns` names what is read of each row, where not all is needed: the row has no others, but the id and what
 * its list is ordered by. Rows are those of the owner only, as everywhere (services/ownership.ts).
 */
export type Reads = {
  /** Which of these sessions are open. */
  openSessions(ids: readonly string[]): Promise<string[]>;
  /** In no order. */
  posts(owner: Owner, ids: readonly string[], columns?: readonly PostColumn[]): Promise<Post[]>;
  /** In no order. */
  campaigns(owner: Owner, ids: readonly string[], columns?: readonly CampaignColumn[]): Promise<Campaign[]>;
  /** All campaigns of the owner by a keyset. */
  campaignPage(
    owner: Owner,
    keyset: Keyset<'createdAt'>,
    columns?: readonly CampaignColumn[],
  ): Promise<Campaign[]>;
  /** The posts of each of these campaigns by one keyset, in one statement; each row has its `campaignId`. */
  postPages(
    owner: Owner,
    campaignIds: readonly string[],
    keyset: Keyset<'createdAt'>,
    columns?: readonly PostColumn[],
  ): Promise<Post[]>;
};

export type PostColumn = keyof typeof Prisma.PostScalarFieldEnum;
export type CampaignColumn = keyof typeof Prisma.CampaignScalarFieldEnum;

const allOf = {
  posts: Object.values(Prisma.PostScalarFieldEnum),
  campaigns: Object.values(Prisma.CampaignScalarFieldEnum),
};

export function createReads(database: Pick<Database, 'query'>): Reads {
  return {
    async openSessions(ids) {
      const rows = await database.query<{ id: string }>(
        'SELECT id FROM sessions WHERE id = ANY($1::uuid[]) AND "expiresAt" > $2',
        [ids, new Date()],
      );
      return rows.map(({ id }) => id);
    },
    posts: (owner, ids, columns = allOf.posts) =>
      database.query<Post>(byIds('posts', columns), [ids, owner.userId]),
    campaigns: (owner, ids, columns = allOf.campaigns) =>
      database.query<Campaign>(byIds('campaigns', columns), [ids, owner.userId]),
    campaignPage(owner, keyset, columns = allOf.campaigns) {
      const page = clauses(keyset, 2);
      return database.query<Campaign>(
        `SELECT ${names(columns, [keyset.by])} FROM campaigns WHERE "ownerId" = $1 ${page.where} ${page.order}`,
        [owner.userId, ...page.values],
      );
    },
    postPages(owner, campaignIds, keyset, columns = allOf.posts) {
      const page = clauses(keyset, 3);
      const read = names(columns, ['campaignId', keyset.by]);
      return database.query<Post>(
        `SELECT post.* FROM unnest($1::uuid[]) AS campaign (id) CROSS JOIN LATERAL (
           SELECT ${read} FROM posts WHERE "campaignId" = campaign.id AND "ownerId" = $2 ${page.where} ${page.order}
         ) AS post`,
        [campaignIds, owner.userId, ...page.values],
      );
    },
  };
}

function byIds(table: keyof typeof allOf, columns: readonly string[]): string {
  return `SELECT ${names(columns, [])} FROM ${table} WHERE id = ANY($1::uuid[]) AND "ownerId" = $2`;
}

/** Drivers do not know arrays of our enums; as text they are what Prisma makes of them. */
const enumArrays = new Set(['pinnedFields']);

function names(columns: readonly string[], also: readonly string[]): string {
  return [...new Set(['id', ...also, ...columns])]
    .map((name) => (enumArrays.has(name) ? `"${name}"::text[]` : `"${name}"`))
    .join(', ');
}

/** @param from the number of the first free parameter. */
function clauses({ by, ascending, bounds, take }: Keyset, from: number) {
  const sides = { lt: '<', gt: '>' };
  const where = bounds.map(({ side }, place) => {
    const parameter = from + 2 * place;
    return `AND ("${by}", id) ${sides[side]} ($${parameter}::timestamptz, $${parameter + 1}::uuid)`;
  });
  const direction = ascending ? 'ASC' : 'DESC';
  return {
    where: where.join(' '),
    order: `ORDER BY "${by}" ${direction}, id ${direction} LIMIT $${from + 2 * bounds.length}`,
    values: [...bounds.flatMap(({ value, id }) => [value, id]), take],
  };
}
