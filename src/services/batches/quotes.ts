import { NotFoundError } from '../../domain/errors/errors.ts';
import {
  captionUsageAtMost,
  expectedUsage,
  imageUsageAtMost,
  type ImageQuality,
} from '../../domain/posts/usage.ts';
import { dollars, highestCostMicros, type Price } from '../../domain/money/pricing.ts';
import type { Brief } from '../../domain/prompts/brief.ts';
import { estimateSeconds, firstGuessSeconds } from '../../domain/batches/estimate.ts';
import { brandInBrief } from '../brands/brief.ts';
import type { Database } from '../../store/database.ts';
import type { Viewer } from '../../domain/viewer.ts';
import { orderSchema } from './order.ts';
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
  /** @throws InvalidInputError, NotFoundError (campaign) */
  quote(viewer: Viewer, input: { campaignId: string; postCount: number }): Promise<Quote>;
};

export type QuoteSettings = {
  /** The prices of the models that may serve, in their order. */
  prices: { text: readonly Price[]; image: readonly Price[] };
  imageQuality: ImageQuality;
  /** Posts that run at the same time, over all workers. */
  slots: number;
  imagesPerMinute: number;
};

/** A quote is based on how long this many recent posts took. */
const recentPosts = 200;

export function createQuotes({ prisma }: Database, settings: QuoteSettings): Quotes {
  const { prices, imageQuality } = settings;
  return {
    async quote(viewer, input) {
      const { campaignId, postCount } = parseInput(orderSchema, input);
      const campaign = await prisma.campaign.findUnique({
        where: { id: campaignId, ...ownedBy(viewer), deletedAt: null },
        include: { brandKit: { include: { versions: { orderBy: { number: 'desc' }, take: 1 } } } },
      });
      if (campaign === null) throw new NotFoundError('campaign', 'input.campaignId');
      const content = campaign.brandKit?.versions[0]?.content;
      const brief: Brief = {
        ...campaign,
        ...brandInBrief(content, campaign.channel, campaign.name),
        position: postCount,
        postCount,
      };
      const expected = expectedUsage(brief, imageQuality);
      const expectedMicros =
        highestCostMicros(prices.text.slice(0, 1), expected.caption) +
        highestCostMicros(prices.image.slice(0, 1), expected.image);
      const maximumMicros =
        highestCostMicros(prices.text, captionUsageAtMost(brief)) +
        highestCostMicros(prices.image, imageUsageAtMost(brief, imageQuality));
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
        expectedCost: dollars(expectedMicros * BigInt(postCount)),
        maximumCost: dollars(maximumMicros * BigInt(postCount)),
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
