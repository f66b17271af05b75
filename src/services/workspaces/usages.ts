import { dollars } from '../../domain/money/pricing.ts';
import type { Database } from '../../store/database.ts';
import { Prisma } from '../../store/generated/prisma/client.ts';
import { ownedRows, type Owner } from '../../store/ownership.ts';

/** The sum of a workspace's calls of one day or for one campaign. `cost` is in US dollars. */
export type UsageSum = { calls: number; inputTokens: number; outputTokens: number; cost: number };
export type DayUsage = UsageSum & { day: Date };
export type CampaignUsage = UsageSum & { campaignId: string };

/** Sums over the ledger. Counts calls with a known cost. */
export type Usages = {
  /** Days (UTC) with calls, newest first. @param since the first day that counts. */
  byDay(owner: Owner, since: Date): Promise<DayUsage[]>;
  /** Campaigns with calls, most expensive first. Other calls are left out. @param since the first day that counts. */
  byCampaign(owner: Owner, since: Date): Promise<CampaignUsage[]>;
  /** @returns US dollars paid so far for each of these posts or batches, in their order. */
  costs(of: 'post' | 'batch', ids: readonly string[]): Promise<number[]>;
};

type Row = { calls: number; inputTokens: bigint; outputTokens: bigint; costMicros: bigint };

export function createUsages({ prisma }: Database): Usages {
  return {
    async byDay(owner, since) {
      const rows = await prisma.$queryRaw<(Row & { day: Date })[]>`
        SELECT date_trunc('day', "createdAt" AT TIME ZONE 'UTC')::date AS day, count(*)::int AS calls,
               sum("inputTokens")::bigint AS "inputTokens", sum("outputTokens")::bigint AS "outputTokens",
               sum("costMicros")::bigint AS "costMicros"
        FROM provider_calls c
        WHERE ${ownedRows(owner, 'c')} AND "createdAt" >= ${since} AND "costMicros" IS NOT NULL
        GROUP BY 1 ORDER BY 1 DESC`;
      return rows.map((row) => ({ day: row.day, ...toSum(row) }));
    },
    async byCampaign(owner, since) {
      const rows = await prisma.$queryRaw<(Row & { campaignId: string })[]>`
        SELECT "campaignId", count(*)::int AS calls,
               sum("inputTokens")::bigint AS "inputTokens", sum("outputTokens")::bigint AS "outputTokens",
               sum("costMicros")::bigint AS "costMicros"
        FROM provider_calls c
        WHERE ${ownedRows(owner, 'c')} AND "createdAt" >= ${since} AND "costMicros" IS NOT NULL
          AND "campaignId" IS NOT NULL
        GROUP BY 1 ORDER BY 5 DESC, 1`;
      return rows.map((row) => ({ campaignId: row.campaignId, ...toSum(row) }));
    },
    async costs(of, ids) {
      const column = Prisma.raw(of === 'batch' ? '"batchId"' : '"subjectId"');
      const rows = await prisma.$queryRaw<{ id: string; micros: bigint | null }[]>`
        SELECT ${column} AS id, sum("costMicros")::bigint AS micros FROM provider_calls
        WHERE ${column} = ANY(${[...new Set(ids)]}::uuid[]) GROUP BY 1`;
      const costs = new Map(rows.map(({ id, micros }) => [id, dollars(micros ?? 0n)]));
      return ids.map((id) => costs.get(id) ?? 0);
    },
  };
}

function toSum(row: Row): UsageSum {
  return {
    calls: row.calls,
    inputTokens: Number(row.inputTokens),
    outputTokens: Number(row.outputTokens),
    cost: dollars(row.costMicros),
  };
}
