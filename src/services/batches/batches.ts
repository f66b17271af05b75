import { z } from 'zod';
import { channelNames } from '../../domain/posts/channels.ts';
import { globalId } from '../../domain/ids.ts';
import type { Changes } from '../../cache/changes.ts';
import type { Bus } from '../../events/bus.ts';
import type { Database } from '../../store/database.ts';
import type { Batch } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import type { Viewer } from '../../domain/viewer.ts';
import { createBatchControls, type BatchControls } from './controls.ts';
import { ownedRows, type Owner } from '../../store/ownership.ts';
import type { StartBatchInput } from './order.ts';
import { startBatch } from './start.ts';
import {
  all,
  among,
  commonFilterSchema,
  eachParent,
  holding,
  is,
  kind,
  ofCampaigns,
  under,
  within,
  type Rows,
} from '../../store/lists/filters.ts';
import { createEntityLists, type EntityLists } from '../../store/lists/entity-lists.ts';
import type { ParentOf } from '../../store/lists/tables.ts';

export type Batches = BatchControls &
  EntityLists<'batches', BatchFilter> & {
    /**
     * Writes a batch and its first event, with posts and jobs or, for a large batch, before them (start.ts).
     *
     * @throws InvalidInputError, NotFoundError (campaign), CampaignStateError, IdempotencyConflictError, OrderLimitError
     */
    start(viewer: Viewer, input: StartBatchInput): Promise<Batch>;
  };

const filterSchema = commonFilterSchema.extend({
  campaignId: globalId('Campaign').nullish(),
  status: z.array(z.enum(['PLANNED', 'RUNNING', 'PAUSED', 'COMPLETED', 'CANCELLED'])).nullish(),
  channel: z.array(z.enum(channelNames)).nullish(),
});

/** Ids are global. An absent or empty list does not narrow. */
export type BatchFilter = z.input<typeof filterSchema>;

/** @param deps.plansBatches whether batches are planned whose orders do not say so. */
export function createBatches(deps: {
  database: Database;
  jobs: Jobs;
  bus: Bus;
  changes: Changes;
  plansBatches: boolean;
}): Batches {
  const rowsOf = (
    owner: Owner,
    filter: z.output<typeof filterSchema>,
    parent?: ParentOf<'batches'>,
  ): Rows => {
    const { channel } = filter;
    const campaignId = parent === undefined ? filter.campaignId : eachParent;
    const asked = [
      parent && is('a.parent', filter[parent]),
      within('t.createdAt', filter.created),
      ofCampaigns(holding(['c.name', 'c.brand'], filter.search)),
    ];
    const kinds = [kind('t.status', 'BatchStatus', filter.status)];
    const isSearch = filter.search != null;
    if (campaignId != null) {
      const ofCampaign = [ownedRows(owner, 'p'), among('p.channel', 'Channel', channel)];
      return { isSearch, where: all([under('campaign', campaignId, ofCampaign), ...asked]), kinds };
    }
    return {
      isSearch,
      where: all([ownedRows(owner, 't'), ...asked]),
      kinds: [kind('t.channel', 'Channel', channel), ...kinds],
    };
  };

  return {
    ...createBatchControls(deps),
    start: (viewer, input) => startBatch(deps, viewer, input),
    ...createEntityLists(deps.database, 'batches', filterSchema, rowsOf),
  };
}
