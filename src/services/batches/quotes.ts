import { NotFoundError } from '../../domain/errors/errors.ts';
import type { ImageQuality } from '../../domain/posts/usage.ts';
import { brandContentSchema, type BrandContent } from '../../domain/brands/brand.ts';
import { costsOf, type ChainPrices, type Checks } from '../../domain/batches/costs.ts';
import { dollars } from '../../domain/money/pricing.ts';
import { variantsOf } from '../../domain/plans/variants.ts';
import { estimateSeconds, firstGuessSeconds } from '../../domain/batches/estimate.ts';
import type { Database } from '../../store/database.ts';
import type { Viewer } from '../../domain/viewer.ts';
import { orderSchema, type OrderInput } from './order.ts';
import { ownedBy, ownedRows } from '../../store/ownership.ts';
import { parseInput } from '../../domain/validation.ts';

/** What a batch would cost and take, before anything is spent. */
export type Quote = {
  /** US dollars. */
  expectedCost: number;
  /** US dollars. A batch with this `maxCost` never pauses for its own budget. */
  maximumCost: number;
  estimatedSeconds: number;
  /** How many posts of all workspaces come before its first one. */
  queuePosition: number;
};

export type Quotes = {
  /**
   * @param options.isPlanned whether its plan is there already; false by default.
   * @throws InvalidInputError, NotFoundError (campaign)
   */
  quote(viewer: Viewer, input: OrderInput, options?: { isPlanned: boolean }): Promise<Quote>;
};

export type QuoteSettings = {
  prices: ChainPrices;
  /** Whether batches are planned. */
  plansBatches: boolean;
  imageQuality: ImageQuality;
  checks: Checks;
  /** Posts that run at the same time, over all workers. */
  slots: number;
  imagesPerMinute: number;
};

/** A quote is based on how long this many recent posts took. */
const recentPosts = 200;

export function createQuotes({ prisma }: Database, settings: QuoteSettings): Quotes {
  /** @returns the newest version of a brand. */
  async function brandOf(id: string | null): Promise<BrandContent | undefined> {
    if (id === null) return undefined;
    const [newest] = await prisma.brandVersion.findMany({
      where: { brandId: id },
      orderBy: { number: 'desc' },
      take: 1,
    });
    return newest && brandContentSchema.parse(newest.content);
  }

  return {
    async quote(viewer, input, { isPlanned } = { isPlanned: false }) {
      const { campaignId, postCount, itemCount, imageCandidates, ...lists } = parseInput(orderSchema, input);
      const campaign = await prisma.campaign.findUnique({
        where: { id: campaignId, ...ownedBy(viewer), deletedAt: null },
      });
      if (campaign === null) throw new NotFoundError('campaign', 'input.campaignId');
      const order = {
        brief: { ...campaign, brandContent: await brandOf(campaign.brandId) },
        variants: variantsOf(lists, campaign),
        itemCount,
        hasPlan: settings.plansBatches || isPlanned,
        isPlanned,
        imageCandidates,
      };
      const { expectedMicros, maximumMicros } = costsOf(order, settings);
      const [queue] = await prisma.$queryRaw<
        { waiting: number; workspaces: number; own: number; seconds: number | null }[]
      >`
        SELECT count(*)::int AS waiting, count(DISTINCT "ownerId")::int AS workspaces,
               count(*) FILTER (WHERE ${ownedRows(viewer, 'p')})::int AS own,
               (SELECT avg(extract(epoch FROM "finishedAt" - "startedAt"))::float8
                FROM (SELECT "finishedAt", "startedAt" FROM posts WHERE status = 'COMPLETED' AND "finishedAt" IS NOT NULL
                      ORDER BY "createdAt" DESC LIMIT ${recentPosts}) r) AS seconds
        FROM posts p WHERE status = 'PENDING'`;
      const { waiting = 0, workspaces = 0, own = 0, seconds } = queue ?? {};
      // The queue alternates between workspaces: before its first post come its own backlog and as many posts of each other.
      const others = workspaces - (own > 0 ? 1 : 0);
      const queuePosition = Math.min(waiting, own * (others + 1) + (own > 0 ? 0 : Math.min(others, waiting)));
      return {
        expectedCost: dollars(expectedMicros),
        maximumCost: dollars(maximumMicros),
        queuePosition,
        estimatedSeconds: estimateSeconds({
          postCount,
          queuePosition,
          otherOwners: others,
          secondsPerPost: seconds ?? firstGuessSeconds,
          slots: settings.slots,
          postsPerMinute: settings.imagesPerMinute,
        }),
      };
    },
  };
}
