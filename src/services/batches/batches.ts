import { z } from 'zod';
import { channelNames, type Channel } from '../../domain/posts/channels.ts';
import { globalId } from '../../domain/ids.ts';
import type { Changes } from '../../cache/changes.ts';
import type { Bus } from '../../events/bus.ts';
import type { Database } from '../../store/database.ts';
import type { Batch, BatchStatus } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import type { Viewer } from '../../domain/viewer.ts';
import { createBatchControls, type BatchControls } from './controls.ts';
import { ownedBy, ownedRows, type Owner } from '../../store/ownership.ts';
import { startBatch, type StartBatchInput } from './start.ts';
import {
  all,
  among,
  commonFilterSchema,
  holding,
  kind,
  ofCampaigns,
  under,
  within,
  type Rows,
  type TimeRange,
} from '../../store/lists/filters.ts';
import { createLists, newestFirst, type PageOf } from '../../store/lists/lists.ts';
import { planPage, type Direction, type Page, type PageArgs } from '../../store/lists/paging.ts';
import { parseInput } from '../../domain/validation.ts';

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
  findAll(owner: Owner, ids: readonly string[]): Promise<(Batch | null)[]>;
  /** @throws InvalidInputError */
  list(
    viewer: Viewer,
    args: { filter: BatchFilter; order: BatchOrder; page: PageArgs },
  ): Promise<Page<Batch>>;
  /** How many batches the list has. @throws InvalidInputError */
  count(viewer: Viewer, filter: BatchFilter): Promise<number>;
  /** A page of the batches of one campaign, newest first, to be read with others. @throws InvalidInputError */
  planOf(owner: Owner, campaignId: string, page: PageArgs): PageOf;
  /** Planned pages of several campaigns, in one statement. */
  pagesOf(owner: Owner, wanted: readonly PageOf[]): Promise<Page<Batch>[]>;
  /** How many batches each of these campaigns has, in their order. */
  countsOf(owner: Owner, campaignIds: readonly string[]): Promise<number[]>;
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

export function createBatches(deps: { database: Database; jobs: Jobs; bus: Bus; changes: Changes }): Batches {
  const { prisma } = deps.database;
  const find = (viewer: Viewer, id: string) => prisma.batch.findUnique({ where: { id, ...ownedBy(viewer) } });

  const lists = createLists(deps.database, 'batches');

  const rowsOf = (viewer: Viewer, filter: z.output<typeof filterSchema>): Rows => {
    const { campaignId, channel } = filter;
    const asked = [
      within('t.createdAt', filter.created),
      ofCampaigns(holding(['c.name', 'c.brand'], filter.search)),
    ];
    const kinds = [kind('t.status', 'BatchStatus', filter.status)];
    if (campaignId != null) {
      const ofCampaign = [ownedRows(viewer, 'p'), among('p.channel', 'Channel', channel)];
      return { where: all([under('campaign', campaignId, ofCampaign), ...asked]), kinds };
    }
    return {
      where: all([ownedRows(viewer, 't'), ...asked]),
      kinds: [kind('t.channel', 'Channel', channel), ...kinds],
    };
  };

  return {
    ...createBatchControls(deps),
    start: (viewer, input) => startBatch(deps, viewer, input),
    find,
    findAll: lists.findAll,
    async list(viewer, { filter, order, page }) {
      const parsed = parseInput(filterSchema, filter, 'filter');
      const list = { name: 'batches', ...ownedBy(viewer), filter: parsed, order };
      return lists.page(list, page, rowsOf(viewer, parsed));
    },
    count: async (viewer, filter) => lists.count(rowsOf(viewer, parseInput(filterSchema, filter, 'filter'))),
    planOf(owner, campaignId, page) {
      const list = { name: 'batches', ...ownedBy(owner), filter: { campaignId }, order: newestFirst };
      return { parentId: campaignId, ...planPage(list, page) };
    },
    pagesOf: (owner, wanted) => lists.pagesOf(owner, 'campaignId', wanted),
    countsOf: (owner, campaignIds) => lists.countsOf(owner, 'campaignId', campaignIds),
  };
}
