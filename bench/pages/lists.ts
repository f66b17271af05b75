import { createChanges } from '../../src/cache/changes.ts';
import { toGlobalId } from '../../src/domain/ids.ts';
import { createLocalBus } from '../../src/events/bus.ts';
import { createBatches, type BatchFilter, type BatchOrder } from '../../src/services/batches.ts';
import { createCampaigns, type CampaignFilter, type CampaignOrder } from '../../src/services/campaigns.ts';
import type { Page, PageArgs } from '../../src/services/paging.ts';
import { createPosts, type PostFilter, type PostOrder } from '../../src/services/posts.ts';
import type { Database } from '../../src/store/database.ts';
import { createJobs } from '../../src/store/jobs.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import type { Seeded } from './seed.ts';

/** One list of the schema with one filter and order. */
export type BenchList = {
  name: string;
  read(page: PageArgs): Promise<Page<{ id: string }>>;
  /** Its rows as SQL, and what they are ordered by: to find a place deep in it. */
  sql: { table: string; where: string; column: string; direction: 'ASC' | 'DESC' };
};

type Column = 'createdAt' | 'updatedAt' | 'name' | 'postCount' | 'position';
type Order<By extends Column> = { by: By; direction: 'ASC' | 'DESC' };

const newest = { by: 'createdAt', direction: 'DESC' } as const;

/** Every list of the schema, in each of its orders and by each of its filters that an index carries. */
export function listsOf(database: Database, { userId, campaignId, batchId }: Seeded): BenchList[] {
  const viewer = { userId, sessionId: '', expiresAt: new Date() };
  const logger = createLogger('silent');
  const jobs = createJobs(database.bossOptions, logger);
  const changes = createChanges(() => undefined);
  const campaigns = createCampaigns(database, changes);
  const batches = createBatches({ database, jobs, bus: createLocalBus(), changes });
  const posts = createPosts(database);
  const inCampaign = { campaignId: toGlobalId('Campaign', campaignId) };
  const inBatch = { batchId: toGlobalId('Batch', batchId) };
  const ofCampaign = `"campaignId" = '${campaignId}'`;
  const ofBatch = `"batchId" = '${batchId}'`;
  const march = { since: new Date('2026-01-01T00:00:05Z') };
  const inMarch = `"createdAt" >= '2026-01-01T00:00:05Z'`;
  const instagram = `EXISTS (SELECT 1 FROM campaigns c WHERE c.id = "campaignId" AND c.channel = 'INSTAGRAM')`;

  const place = (table: string, where: string, { by, direction }: Order<Column>) => ({
    table,
    where: `"ownerId" = '${userId}' AND ${where}`,
    column: by,
    direction,
  });
  const campaignList = (
    name: string,
    where = 'true',
    filter: CampaignFilter = {},
    order: CampaignOrder = newest,
  ) => ({
    name: `campaigns ${name}`,
    read: (page: PageArgs) => campaigns.list(viewer, { filter, order, page }),
    sql: place('campaigns', where, order),
  });
  const batchList = (name: string, where = 'true', filter: BatchFilter = {}, order: BatchOrder = newest) => ({
    name: `batches ${name}`,
    read: (page: PageArgs) => batches.list(viewer, { filter, order, page }),
    sql: place('batches', where, order),
  });
  const postList = (name: string, where = 'true', filter: PostFilter = {}, order: PostOrder = newest) => ({
    name: `posts ${name}`,
    read: (page: PageArgs) => posts.list(viewer, { filter, order, page }),
    sql: place('posts', where, order),
  });
  const byPosition = { by: 'position', direction: 'ASC' } as const;

  return [
    campaignList('newest first'),
    campaignList('last changed first', 'true', {}, { by: 'updatedAt', direction: 'DESC' }),
    campaignList('by name', 'true', {}, { by: 'name', direction: 'ASC' }),
    campaignList('active', `status = 'ACTIVE'`, { status: ['ACTIVE'] }),
    campaignList('of a channel', `channel = 'INSTAGRAM'`, { channel: ['INSTAGRAM'] }),
    batchList('newest first'),
    batchList('largest first', 'true', {}, { by: 'postCount', direction: 'DESC' }),
    batchList('running', `status = 'RUNNING'`, { status: ['RUNNING'] }),
    batchList('of a campaign', ofCampaign, inCampaign),
    batchList('of a channel', instagram, { channel: ['INSTAGRAM'] }),
    postList('newest first'),
    postList('oldest first', 'true', {}, { by: 'createdAt', direction: 'ASC' }),
    postList('by position', 'true', {}, byPosition),
    postList('completed', `status = 'COMPLETED'`, { status: ['COMPLETED'] }),
    postList('completed or failed', `status IN ('COMPLETED', 'FAILED')`, { status: ['COMPLETED', 'FAILED'] }),
    postList('approved', `review = 'APPROVED'`, { review: ['APPROVED'] }),
    postList('of a time', inMarch, { created: march }),
    postList('of a channel', instagram, { channel: ['INSTAGRAM'] }),
    postList('of a campaign', ofCampaign, inCampaign),
    postList('of a campaign by position', ofCampaign, inCampaign, byPosition),
    postList('of a campaign, completed', `${ofCampaign} AND status = 'COMPLETED'`, {
      ...inCampaign,
      status: ['COMPLETED'],
    }),
    postList('of a batch', ofBatch, inBatch),
    postList('of a batch by position', ofBatch, inBatch, byPosition),
    postList('of a batch, completed', `${ofBatch} AND status = 'COMPLETED'`, {
      ...inBatch,
      status: ['COMPLETED'],
    }),
    {
      name: 'posts in a campaign',
      read: async (page) => {
        const [found] = await posts.pagesOf(viewer, 'campaignId', [
          posts.planOf(viewer, 'campaignId', campaignId, page),
        ]);
        if (found === undefined) throw new Error('no page was read');
        return found;
      },
      sql: place('posts', ofCampaign, newest),
    },
  ];
}
