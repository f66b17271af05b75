import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { toGlobalId } from '../../../src/domain/ids.ts';
import { createLists } from '../../../src/store/lists/lists.ts';
import type { PageArgs } from '../../../src/store/lists/paging.ts';
import { createPosts } from '../../../src/services/posts/posts.ts';
import { openDatabase, type Database } from '../../../src/store/database.ts';
import { Prisma } from '../../../src/store/generated/prisma/client.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { databaseOfSuite } from '../../support/migrated-database.ts';

const opened = new AsyncDisposableStack();
let database: Database;
let owner: { workspaceId: string };
let stranger: { workspaceId: string };

beforeAll(async () => {
  const dataDir = await mkdtemp(`${tmpdir()}/pressrun-test-`);
  opened.defer(() => rm(dataDir, { recursive: true, force: true }));
  const databaseUrl = await databaseOfSuite();
  database = await openDatabase({ databaseUrl, dataDir }, createLogger('silent'));
  opened.defer(() => database.close());
});
afterAll(() => opened.disposeAsync());
beforeEach(async () => {
  owner = { workspaceId: await addUser() };
  stranger = { workspaceId: await addUser() };
});

async function addUser(): Promise<string> {
  const data = { email: `${randomUUID()}@example.com`, passwordHash: '' };
  return (await database.prisma.user.create({ data })).id;
}

/** What has meaning in arrays, cursors and SQL, and moments that are the same. */
const words = fc.constantFrom(
  '',
  'plain',
  'NULL',
  'null',
  '{}',
  '"',
  "'",
  '\\',
  ',',
  'é 日本 🎈',
  '$1',
  '\n',
);
const moment = fc.oneof(
  fc.constantFrom(...[0, 1, 999, 1000].map((ms) => new Date(Date.UTC(2026, 1, 28, 23, 59, 59) + ms))),
  fc.date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59Z'),
    noInvalidDate: true,
  }),
);
const someField = fc.subarray(['CAPTION', 'HASHTAGS', 'IMAGE'] as const).map((fields) => [...fields]);
const post = fc.record({
  caption: fc.option(words),
  hashtags: fc.array(words, { maxLength: 3 }),
  imageKey: fc.option(words),
  targetAudience: words,
  status: fc.constantFrom('PENDING', 'GENERATING', 'COMPLETED', 'FAILED', 'CANCELLED'),
  review: fc.constantFrom('UNREVIEWED', 'APPROVED', 'REJECTED'),
  version: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  pinnedFields: someField,
  remakePart: fc.option(fc.constantFrom('CAPTION', 'IMAGE', 'BOTH')),
  createdAt: moment,
  finishedAt: fc.option(moment),
});
const campaign = fc.record({ name: words, createdAt: moment, posts: fc.array(post, { maxLength: 6 }) });

/** Writes campaigns with their posts. */
async function write(
  of: { workspaceId: string },
  campaigns: (typeof campaign extends fc.Arbitrary<infer T> ? T : never)[],
) {
  for (const { name, createdAt, posts } of campaigns) {
    const { id: campaignId } = await database.prisma.campaign.create({
      data: {
        ownerId: of.workspaceId,
        name,
        createdAt,
        brand: '',
        description: '',
        tone: 'BOLD',
        targetAudience: '',
        language: 'en',
        channel: 'X',
      },
    });
    const owned = { ownerId: of.workspaceId, campaignId, channel: 'X' as const };
    const { id: batchId } = await database.prisma.batch.create({
      data: { ...owned, postCount: posts.length },
    });
    await database.prisma.post.createMany({
      data: posts.map((values, position): Prisma.PostCreateManyInput => ({
        ...owned,
        batchId,
        position,
        jobId: randomUUID(),
        ...values,
      })),
    });
  }
}

const runs = { numRuns: 25 };
const newestFirst = { by: 'createdAt', direction: 'DESC' } as const;
const orderBy = [{ createdAt: 'desc' }, { id: 'desc' }] as const satisfies object[];
const inOrder = { orderBy: [...orderBy] };
const nodes = <Row>({ edges }: { edges: { node: Row }[] }) => edges.map(({ node }) => node);
const owned = ({ workspaceId }: { workspaceId: string }) => ({
  where: Prisma.sql`t."ownerId" = ${workspaceId}::uuid`,
  kinds: [],
});

/** Which page, by numbers of rows instead of cursors. */
const pageArgs = fc.record({
  size: fc.integer({ min: 1, max: 5 }),
  fromEnd: fc.boolean(),
  after: fc.option(fc.nat(8)),
  before: fc.option(fc.nat(8)),
});
type Page = typeof pageArgs extends fc.Arbitrary<infer T> ? T : never;

const kinds = fc.record({
  status: fc.subarray(['PENDING', 'COMPLETED', 'FAILED'] as const).map((values) => [...values]),
  review: fc.subarray(['UNREVIEWED', 'APPROVED'] as const).map((values) => [...values]),
  parent: fc.constantFrom(null, 'campaignId', 'batchId'),
});
const order = fc.record({
  by: fc.constantFrom('createdAt', 'position'),
  direction: fc.constantFrom('ASC', 'DESC'),
});

function toArgs({ size, fromEnd, after, before }: Page, cursors: readonly string[]): PageArgs {
  return {
    ...(fromEnd ? { last: size } : { first: size }),
    after: after === null ? null : cursors[after],
    before: before === null ? null : cursors[before],
  };
}

/** The same page of rows that are all there. */
function slice<Row>({ size, fromEnd, after, before }: Page, rows: readonly Row[]): Row[] {
  const start = after === null || after >= rows.length ? 0 : after + 1;
  const end = before === null || before >= rows.length ? rows.length : before;
  const between = rows.slice(start, Math.max(start, end));
  return fromEnd ? between.slice(-size) : between.slice(0, size);
}

describe('rows on prepared SQL are those that Prisma reads', () => {
  it('by their ids, those of the owner only', async () => {
    const { prisma } = database;
    await fc.assert(
      fc.asyncProperty(fc.array(campaign, { maxLength: 3 }), async (campaigns) => {
        await write(owner, campaigns);
        const where = { ownerId: owner.workspaceId };
        for (const [name, rows] of [
          ['campaigns', await prisma.campaign.findMany({ where })],
          ['batches', await prisma.batch.findMany({ where })],
          ['posts', await prisma.post.findMany({ where })],
        ] as const) {
          const ids = [randomUUID(), ...rows.map(({ id }) => id)];
          const lists = createLists(database, name);
          expect(await lists.findAll(owner, ids)).toStrictEqual([null, ...rows]);
          expect(await lists.findAll(stranger, ids)).toEqual(ids.map(() => null));
        }
      }),
      runs,
    );
  });

  it('as pages, also of the lists within lists', async () => {
    const campaignLists = createLists(database, 'campaigns');
    const postLists = createPosts(database);
    await fc.assert(
      fc.asyncProperty(
        fc.array(campaign, { minLength: 1, maxLength: 4 }),
        pageArgs,
        async (campaigns, page) => {
          await write(owner, campaigns);
          await write(stranger, campaigns);
          const where = { ownerId: owner.workspaceId };
          const all = await database.prisma.campaign.findMany({ where, ...inOrder });
          const list = { name: 'campaigns', ownerId: owner.workspaceId, filter: {}, order: newestFirst };
          const whole = await campaignLists.page(list, { first: 100 }, owned(owner));
          expect(nodes(whole)).toStrictEqual(all.slice(0, 100));
          const cursors = whole.edges.map(({ cursor }) => cursor);
          const part = await campaignLists.page(list, toArgs(page, cursors), owned(owner));
          expect(nodes(part)).toStrictEqual(slice(page, all));

          const args = { filter: null, order: null, page: { first: page.size } };
          const wanted = all.map(({ id }) => postLists.planOf(owner, 'campaignId', id, args));
          const pages = await postLists.pagesOf(wanted);
          for (const [place, { id: campaignId }] of all.entries()) {
            const posts = await database.prisma.post.findMany({
              where: { campaignId },
              ...inOrder,
              take: page.size,
            });
            const found = pages[place];
            expect(nodes(found ?? { edges: [] }).map(withoutIndex)).toStrictEqual(posts);
          }
          const theirs = all.map(({ id }) => postLists.planOf(stranger, 'campaignId', id, args));
          const none = await postLists.pagesOf(theirs);
          expect(none.flatMap(nodes)).toEqual([]);
        },
      ),
      runs,
    );
  });

  it('as pages of some kinds, in each order', async () => {
    const posts = createPosts(database);
    await fc.assert(
      fc.asyncProperty(
        fc.array(campaign, { minLength: 1, maxLength: 4 }),
        kinds,
        order,
        pageArgs,
        async (campaigns, { status, review, parent }, { by, direction }, page) => {
          await write(owner, campaigns);
          const viewer = {
            ...owner,
            userId: owner.workspaceId,
            role: 'OWNER' as const,
            sessionId: '',
            expiresAt: new Date(),
          };
          const some = await database.prisma.post.findFirst({ where: { ownerId: owner.workspaceId } });
          const place: { campaignId?: string; batchId?: string } =
            parent === null ? {} : { [parent]: some?.[parent] ?? randomUUID() };
          const filter = {
            status,
            review,
            ...(place.campaignId && { campaignId: toGlobalId('Campaign', place.campaignId) }),
            ...(place.batchId && { batchId: toGlobalId('Batch', place.batchId) }),
          };
          const sort = direction === 'ASC' ? ('asc' as const) : ('desc' as const);
          const all = await database.prisma.post.findMany({
            where: {
              ownerId: owner.workspaceId,
              ...place,
              ...(status.length > 0 && { status: { in: status } }),
              ...(review.length > 0 && { review: { in: review } }),
            },
            orderBy: [{ [by]: sort }, { id: sort }],
          });
          const read = (args: PageArgs) =>
            posts.list(viewer, { filter, order: { by, direction }, page: args });
          const whole = await read({ first: 100 });
          expect(nodes(whole)).toStrictEqual(all.slice(0, 100));
          expect(await posts.count(viewer, filter)).toBe(all.length);
          const cursors = whole.edges.map(({ cursor }) => cursor);
          expect(nodes(await read(toArgs(page, cursors)))).toStrictEqual(slice(page, all));
          // The same list, as one that hangs on its parent.
          const args = {
            filter: { status, review },
            order: { by, direction },
            page: toArgs(page, cursors),
          };
          const planned = inParents(place).map(([name, id]) => posts.planOf(owner, name, id, args));
          const isNested = planned.length > 0;
          const nested = isNested ? await posts.pagesOf(planned) : [];
          expect(nested.map(nodes).map((rows) => rows.map(withoutIndex))).toStrictEqual(
            planned.map(() => slice(page, all)),
          );
          const counts = isNested ? await posts.countsOf(planned) : [];
          expect(counts).toEqual(planned.map(() => all.length));
          const other = { ...viewer, ...stranger };
          const theirs = await posts.list(other, { filter, order: { by, direction }, page: {} });
          expect(nodes(theirs)).toEqual([]);
        },
      ),
      runs,
    );
  });

  it('with the columns that are named, the id, and what orders them', async () => {
    await write(owner, fc.sample(campaign, 3));
    const where = { ownerId: owner.workspaceId };
    const rows = await database.prisma.post.findMany({
      where,
      ...inOrder,
      take: 100,
      select: { id: true, createdAt: true, caption: true, pinnedFields: true },
    });
    const list = { name: 'posts', ownerId: owner.workspaceId, filter: {}, order: newestFirst };
    const page = await createLists(database, 'posts').page(list, { first: 100 }, owned(owner), [
      'caption',
      'pinnedFields',
    ]);
    expect(nodes(page)).toStrictEqual(rows);
  });
});

function inParents({ campaignId, batchId }: { campaignId?: string; batchId?: string }) {
  if (campaignId !== undefined) return [['campaignId', campaignId]] as const;
  return batchId === undefined ? [] : ([['batchId', batchId]] as const);
}

function withoutIndex(row: object): object {
  return Object.fromEntries(Object.entries(row).filter(([name]) => name !== 'index'));
}
