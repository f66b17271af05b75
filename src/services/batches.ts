import { z } from 'zod';
import { channelNames, type Channel } from '../domain/channels.ts';
import { globalId } from '../domain/ids.ts';
import { dollars } from '../domain/pricing.ts';
import type { Bus } from '../events/bus.ts';
import type { Database } from '../store/database.ts';
import type { Batch, BatchStatus } from '../store/generated/prisma/client.ts';
import type { Jobs } from '../store/jobs.ts';
import type { Viewer } from './accounts.ts';
import { createBatchControls, type BatchControls } from './batch-controls.ts';
import { ownedBy } from './ownership.ts';
import { startBatch, type StartBatchInput } from './batch-start.ts';
import { among, commonFilterSchema, holding, within, type TimeRange } from './filters.ts';
import { forPrisma, readPage, type Direction, type Page, type PageArgs } from './paging.ts';
import { inOrder, unique } from './rows.ts';
import { parseInput } from './validation.ts';

export type Batches = BatchControls & {
  /**
   * Writes batch, posts, jobs and the first event together, or nothing.
   *
   * @throws InvalidInputError, NotFoundError (campaign), CampaignStateError, IdempotencyConflictError
   */
  start(viewer: Viewer, input: StartBatchInput): Promise<Batch>;
  /** @returns null for an absent batch and for somebody else's alike. */
  find(viewer: Viewer, id: string): Promise<Batch | null>;
  /** @returns in the order of the ids; null for an absent batch and for somebody else's alike. */
  findAll(viewer: Viewer, ids: readonly string[]): Promise<(Batch | null)[]>;
  /** @throws InvalidInputError */
  list(
    viewer: Viewer,
    args: { filter: BatchFilter; order: BatchOrder; page: PageArgs },
  ): Promise<Page<Batch>>;
  /** How many batches the list has. @throws InvalidInputError */
  count(viewer: Viewer, filter: BatchFilter): Promise<number>;
  /** US dollars paid for each of these batches so far, in their order. */
  costs(batchIds: readonly string[]): Promise<number[]>;
};

/** Ids are global ones. A list that is absent or empty does not narrow. */
export type BatchFilter = {
  campaignId?: string | null | undefined;
  status?: BatchStatus[] | null | undefined;
  channel?: Channel[] | null | undefined;
  created?: TimeRange | null | undefined;
  search?: string | null | undefined;
};

export type BatchOrder = { by: 'createdAt' | 'postCount'; direction: Direction };

const filterSchema = commonFilterSchema.extend({
  campaignId: globalId('Campaign').nullish(),
  status: z.array(z.enum(['RUNNING', 'PAUSED', 'COMPLETED', 'CANCELLED'])).nullish(),
  channel: z.array(z.enum(channelNames)).nullish(),
});

export function createBatches(deps: { database: Database; jobs: Jobs; bus: Bus }): Batches {
  const { prisma } = deps.database;
  const find = (viewer: Viewer, id: string) => prisma.batch.findUnique({ where: { id, ...ownedBy(viewer) } });

  const conditions = (viewer: Viewer, filter: z.output<typeof filterSchema>) => ({
    ...ownedBy(viewer),
    ...(filter.campaignId == null ? {} : { campaignId: filter.campaignId }),
    ...among('status', filter.status),
    ...within('createdAt', filter.created),
    campaign: { ...among('channel', filter.channel), ...holding(['name', 'brand'], filter.search) },
  });

  return {
    ...createBatchControls(deps),
    start: (viewer, input) => startBatch(deps, viewer, input),
    find,
    async findAll(viewer, ids) {
      const where = { id: { in: unique(ids) }, ...ownedBy(viewer) };
      return inOrder(ids, await prisma.batch.findMany({ where }));
    },
    list(viewer, { filter, order, page }) {
      const parsed = parseInput(filterSchema, filter, 'filter');
      const list = { name: 'batches', ownerId: viewer.userId, filter: parsed, order };
      return readPage(list, page, (keyset) => {
        const { where, ...rest } = forPrisma(keyset);
        return prisma.batch.findMany({ ...rest, where: { ...conditions(viewer, parsed), ...where } });
      });
    },
    count: (viewer, filter) =>
      prisma.batch.count({ where: conditions(viewer, parseInput(filterSchema, filter, 'filter')) }),
    async costs(batchIds) {
      const sums = await prisma.providerCall.groupBy({
        by: 'batchId',
        where: { batchId: { in: [...batchIds] } },
        _sum: { costMicros: true },
      });
      const byBatch = new Map(sums.map((sum) => [sum.batchId, dollars(sum._sum.costMicros ?? 0n)]));
      return batchIds.map((id) => byBatch.get(id) ?? 0);
    },
  };
}
