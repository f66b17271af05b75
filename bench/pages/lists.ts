import { createChanges } from '../../src/cache/changes.ts';
import { toGlobalId } from '../../src/domain/ids.ts';
import { createLocalBus } from '../../src/events/bus.ts';
import { createBatches, type BatchFilter } from '../../src/services/batches/batches.ts';
import { createCampaignDeletion } from '../../src/services/deletion/campaigns.ts';
import { createCampaigns, type CampaignFilter } from '../../src/services/campaigns/campaigns.ts';
import type { Page, PageArgs } from '../../src/store/lists/paging.ts';
import type { OrderOf } from '../../src/store/lists/tables.ts';
import { createPosts, type PostFilter } from '../../src/services/posts/posts.ts';
import type { Database } from '../../src/store/database.ts';
import { createJobs } from '../../src/store/jobs/jobs.ts';
import type { Viewer } from '../../src/domain/viewer.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { words, type Seeded } from './seed.ts';

/** One list of the schema with one filter and order. */
export type BenchList = {
  name: string;
  /** Whether it has no rows. */
  isEmpty: boolean;
  /** How its pages are judged: by what they cost an account of another size, or by themselves; or not, where no index leads to the rows by design. */
  judged: 'byRatio' | 'byTime' | 'not';
  read(page: PageArgs): Promise<Page<{ id: string }>>;
  /** Its rows as SQL, and what they are ordered by: to find a place deep in it. */
  sql: { table: string; where: string; column: string; direction: 'ASC' | 'DESC' };
};

type Column = 'createdAt' | 'updatedAt' | 'name' | 'postCount' | 'position';
type Order<By extends Column> = { by: By; direction: 'ASC' | 'DESC' };

const full = { isEmpty: false, judged: 'byRatio' } as const;
const newest = { by: 'createdAt', direction: 'DESC' } as const;

/** Every list of the schema, in each of its orders and by each of its filters; for what many rows have, few, and none. */
export function listsOf(database: Database, { userId, campaignId, batchId }: Seeded): BenchList[] {
  const viewer: Viewer = {
    userId,
    workspaceId: userId,
    role: 'OWNER',
    sessionId: '',
    expiresAt: new Date(),
  };
  const logger = createLogger('silent');
  const jobs = createJobs(database.bossOptions, logger);
  const changes = createChanges(() => undefined);
  const batches = createBatches({ database, jobs, bus: createLocalBus(), changes, plansBatches: false });
  const deletion = createCampaignDeletion({ database, jobs, batches, changes });
  const campaigns = createCampaigns({ database, changes, deletion });
  const posts = createPosts(database);
  const inCampaign = { campaignId: toGlobalId('Campaign', campaignId) };
  const inBatch = { batchId: toGlobalId('Batch', batchId) };
  const ofCampaign = `"campaignId" = '${campaignId}'`;
  const ofBatch = `"batchId" = '${batchId}'`;
  const march = { since: new Date('2026-01-01T00:00:05Z') };
  const inMarch = `"createdAt" >= '2026-01-01T00:00:05Z'`;
  const tiktok = `channel = 'TIKTOK'`;
  const early = { until: new Date('2020-01-01T00:00:00Z') };

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
    order: OrderOf<'campaigns'> = newest,
  ) => ({
    ...full,
    name: `campaigns ${name}`,
    read: (page: PageArgs) => campaigns.list(viewer, { filter, order, page }),
    sql: place('campaigns', where, order),
  });
  const batchList = (
    name: string,
    where = 'true',
    filter: BatchFilter = {},
    order: OrderOf<'batches'> = newest,
  ) => ({
    ...full,
    name: `batches ${name}`,
    read: (page: PageArgs) => batches.list(viewer, { filter, order, page }),
    sql: place('batches', where, order),
  });
  const postList = (
    name: string,
    where = 'true',
    filter: PostFilter = {},
    order: OrderOf<'posts'> = newest,
  ) => ({
    ...full,
    name: `posts ${name}`,
    read: (page: PageArgs) => posts.list(viewer, { filter, order, page }),
    sql: place('posts', where, order),
  });
  /** A list that hangs on one row. */
  const nested = (
    name: string,
    table: string,
    where: string,
    pagesOf: (page: PageArgs) => Promise<Page<{ id: string }>[]>,
  ): BenchList => ({
    ...full,
    name,
    async read(page) {
      const [found] = await pagesOf(page);
      if (found === undefined) throw new Error('no page was read');
      return found;
    },
    sql: place(table, where, newest),
  });
  const whole = { filter: null, order: null };
  const none = (list: BenchList): BenchList => ({ ...list, isEmpty: true });
  const scan = (list: BenchList): BenchList => ({ ...list, judged: 'not' });
  const search = (list: BenchList): BenchList => ({ ...list, judged: 'byTime' });
  /** Posts whose caption has a word, and which ones these are. */
  const found = (name: string, word: string, also: PostFilter = {}, where = 'true') =>
    search(postList(`search: ${name}`, `caption ILIKE '%${word}%' AND ${where}`, { search: word, ...also }));
  const byName = { by: 'name', direction: 'ASC' } as const;
  const lastChanged = { by: 'updatedAt', direction: 'DESC' } as const;
  const largest = { by: 'postCount', direction: 'DESC' } as const;
  const byPosition = { by: 'position', direction: 'ASC' } as const;

  return [
    campaignList('newest first'),
    campaignList('last changed first', 'true', {}, lastChanged),
    campaignList('by name', 'true', {}, byName),
    campaignList('active', `status = 'ACTIVE'`, { status: ['ACTIVE'] }),
    campaignList('of a channel', `channel = 'INSTAGRAM'`, { channel: ['INSTAGRAM'] }),
    campaignList('few: archived', `status = 'ARCHIVED'`, { status: ['ARCHIVED'] }),
    campaignList('few: archived, last changed', `status = 'ARCHIVED'`, { status: ['ARCHIVED'] }, lastChanged),
    campaignList('few: archived, by name', `status = 'ARCHIVED'`, { status: ['ARCHIVED'] }, byName),
    campaignList('few: of a channel', tiktok, { channel: ['TIKTOK'] }),
    none(campaignList('none: of a channel', 'true', { channel: ['PINTEREST'] })),
    search(campaignList('search: rare', `name ILIKE '%${words.rare}%'`, { search: words.rare })),
    search(none(campaignList('search: none', 'true', { search: words.none }))),
    batchList('newest first'),
    batchList('largest first', 'true', {}, largest),
    batchList('running', `status = 'RUNNING'`, { status: ['RUNNING'] }),
    batchList('of a channel', `channel = 'INSTAGRAM'`, { channel: ['INSTAGRAM'] }),
    batchList('of a campaign', ofCampaign, inCampaign),
    batchList('of a campaign, largest first', ofCampaign, inCampaign, largest),
    batchList('few: paused', `status = 'PAUSED'`, { status: ['PAUSED'] }),
    batchList('few: paused, largest first', `status = 'PAUSED'`, { status: ['PAUSED'] }, largest),
    batchList('few: of a channel', tiktok, { channel: ['TIKTOK'] }),
    batchList('few: of a campaign, paused', `${ofCampaign} AND status = 'PAUSED'`, {
      ...inCampaign,
      status: ['PAUSED'],
    }),
    none(batchList('none: of a channel', 'true', { channel: ['PINTEREST'] })),
    search(batchList('search: frequent', 'true', { search: words.frequent })),
    search(none(batchList('search: none', 'true', { search: words.none }))),
    postList('newest first'),
    postList('oldest first', 'true', {}, { by: 'createdAt', direction: 'ASC' }),
    postList('by position', 'true', {}, byPosition),
    postList('completed', `status = 'COMPLETED'`, { status: ['COMPLETED'] }),
    postList('completed or failed', `status IN ('COMPLETED', 'FAILED')`, { status: ['COMPLETED', 'FAILED'] }),
    postList('approved', `review = 'APPROVED'`, { review: ['APPROVED'] }),
    postList('of a time', inMarch, { created: march }),
    postList('of a channel', `channel = 'INSTAGRAM'`, { channel: ['INSTAGRAM'] }),
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
    postList('few: failed', `status = 'FAILED'`, { status: ['FAILED'] }),
    postList('few: failed by position', `status = 'FAILED'`, { status: ['FAILED'] }, byPosition),
    postList('few: failed or generating', `status IN ('FAILED', 'GENERATING')`, {
      status: ['FAILED', 'GENERATING'],
    }),
    postList('few: rejected', `review = 'REJECTED'`, { review: ['REJECTED'] }),
    postList('few: of a channel', tiktok, { channel: ['TIKTOK'] }),
    postList('few: of a campaign, failed', `${ofCampaign} AND status = 'FAILED'`, {
      ...inCampaign,
      status: ['FAILED'],
    }),
    postList(
      'few: of a campaign, rejected, by position',
      `${ofCampaign} AND review = 'REJECTED'`,
      { ...inCampaign, review: ['REJECTED'] },
      byPosition,
    ),
    postList('few: of a batch, rejected', `${ofBatch} AND review = 'REJECTED'`, {
      ...inBatch,
      review: ['REJECTED'],
    }),
    none(postList('none: of a channel', 'true', { channel: ['PINTEREST'] })),
    none(postList('none: of a campaign, of a channel', 'true', { ...inCampaign, channel: ['PINTEREST'] })),
    none(postList('none: approved and failed', 'true', { review: ['APPROVED'], status: ['FAILED'] })),
    found('frequent', words.frequent),
    found('frequent, in a campaign', words.frequent, inCampaign, ofCampaign),
    found('two characters, frequent', words.twoCharacters),
    found('1,000 oldest', words.old),
    found('rare', words.rare),
    found('rare, failed', words.rare, { status: ['FAILED'] }, `status = 'FAILED'`),
    found('rare, in a campaign', words.rare, inCampaign, ofCampaign),
    found('rare, in a batch', words.rare, inBatch, ofBatch),
    found('rare, German', words.rareGerman),
    found('rare, Japanese', words.rareJapanese),
    search(none(postList('search: none', 'true', { search: words.none }))),
    search(none(postList('search: none, in a campaign', 'true', { ...inCampaign, search: words.none }))),
    scan(none(postList('search: two characters, none', 'true', { search: words.noTwoCharacters }))),
    scan(none(postList('none: of a time, by position', 'true', { created: early }, byPosition))),
    nested('batches in a campaign', 'batches', ofCampaign, (page) =>
      batches.pagesOf([batches.planOf(viewer, 'campaignId', campaignId, { ...whole, page })]),
    ),
    nested('posts in a campaign', 'posts', ofCampaign, (page) =>
      posts.pagesOf([posts.planOf(viewer, 'campaignId', campaignId, { ...whole, page })]),
    ),
    nested('posts in a batch', 'posts', ofBatch, (page) =>
      posts.pagesOf([posts.planOf(viewer, 'batchId', batchId, { ...whole, page })]),
    ),
    nested('few: posts in a campaign, failed', 'posts', `${ofCampaign} AND status = 'FAILED'`, (page) =>
      posts.pagesOf([
        posts.planOf(viewer, 'campaignId', campaignId, { ...whole, filter: { status: ['FAILED'] }, page }),
      ]),
    ),
  ];
}
