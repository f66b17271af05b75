import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { forPrisma, type Keyset } from '../../src/services/paging.ts';
import { createReads, type Reads } from '../../src/services/reads.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import type { Prisma } from '../../src/store/generated/prisma/client.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createDatabase } from '../support/services/postgres-client.ts';

const opened = new AsyncDisposableStack();
let database: Database;
let reads: Reads;
let owner: { userId: string };
let stranger: { userId: string };

beforeAll(async () => {
  const dataDir = await mkdtemp(`${tmpdir()}/pressrun-test-`);
  opened.defer(() => rm(dataDir, { recursive: true, force: true }));
  const databaseUrl =
    inject('backend') === 'embedded' ? undefined : await createDatabase(inject('postgresUrl'));
  database = await openDatabase({ databaseUrl, dataDir }, createLogger('silent'));
  opened.defer(() => database.close());
  reads = createReads(database);
});
afterAll(() => opened.disposeAsync());
beforeEach(async () => {
  owner = { userId: await addUser() };
  stranger = { userId: await addUser() };
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
  of: { userId: string },
  campaigns: (typeof campaign extends fc.Arbitrary<infer T> ? T : never)[],
) {
  for (const { name, createdAt, posts } of campaigns) {
    const { id: campaignId } = await database.prisma.campaign.create({
      data: {
        ownerId: of.userId,
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
    const owned = { ownerId: of.userId, campaignId };
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

const byId = (rows: readonly { id: string }[]) => rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
const runs = { numRuns: 25 };

describe('a read on prepared SQL answers as Prisma does', () => {
  it('for posts and campaigns by id, those of the owner only', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(campaign, { maxLength: 3 }), async (campaigns) => {
        await write(owner, campaigns);
        const posts = await database.prisma.post.findMany({ where: { ownerId: owner.userId } });
        const rows = await database.prisma.campaign.findMany({ where: { ownerId: owner.userId } });
        const postIds = [...posts.map(({ id }) => id), randomUUID()];
        const campaignIds = [...rows.map(({ id }) => id), randomUUID()];
        expect(byId(await reads.posts(owner, postIds))).toStrictEqual(byId(posts));
        expect(byId(await reads.campaigns(owner, campaignIds))).toStrictEqual(byId(rows));
        expect(await reads.posts(stranger, postIds)).toEqual([]);
        expect(await reads.campaigns(stranger, campaignIds)).toEqual([]);
      }),
      runs,
    );
  });

  it('for every page of campaigns and of their posts', async () => {
    const page = fc.record({ ascending: fc.boolean(), take: fc.integer({ min: 1, max: 5 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(campaign, { minLength: 1, maxLength: 3 }),
        page,
        fc.subarray(['lt', 'gt'] as const),
        fc.nat(),
        async (campaigns, { ascending, take }, sides, pick) => {
          await write(owner, campaigns);
          await write(stranger, campaigns);
          const where = { ownerId: owner.userId };
          const all = await database.prisma.campaign.findMany({ where });
          const posts = await database.prisma.post.findMany({ where });
          const keyset = (rows: typeof all | typeof posts): Keyset<'createdAt'> => {
            const row = rows[pick % rows.length];
            const bounds = row === undefined ? [] : sides.map((side) => boundAt(side, row));
            return { by: 'createdAt', ascending, take, bounds };
          };
          const campaignPage = keyset(all);
          expect(await reads.campaignPage(owner, campaignPage)).toStrictEqual(
            await database.prisma.campaign.findMany(scoped(campaignPage, where)),
          );
          const postPage = keyset(posts);
          const ids = all.map(({ id }) => id);
          const found = await reads.postPages(owner, ids, postPage);
          for (const campaignId of ids) {
            expect(found.filter((one) => one.campaignId === campaignId)).toStrictEqual(
              await database.prisma.post.findMany(scoped(postPage, { ...where, campaignId })),
            );
          }
          expect(await reads.postPages(stranger, ids, postPage)).toEqual([]);
        },
      ),
      runs,
    );
  });

  it('for the columns that are named, and the id', async () => {
    await write(owner, fc.sample(campaign, 2));
    const ids = (await database.prisma.post.findMany({ where: { ownerId: owner.userId } })).map(
      ({ id }) => id,
    );
    const rows = await reads.posts(owner, ids, ['caption', 'pinnedFields']);
    expect(byId(rows)).toStrictEqual(
      byId(
        await database.prisma.post.findMany({
          where: { ownerId: owner.userId },
          select: { id: true, caption: true, pinnedFields: true },
        }),
      ),
    );
  });

  it('for sessions: those that are open', async () => {
    const session = (expiresAt: Date) =>
      database.prisma.session.create({ data: { userId: owner.userId, expiresAt } });
    const open = await session(new Date(Date.now() + 60_000));
    const expired = await session(new Date(Date.now() - 1));
    expect(await reads.openSessions([open.id, expired.id, randomUUID()])).toEqual([open.id]);
  });
});

function boundAt(side: 'lt' | 'gt', { createdAt, id }: { createdAt: Date; id: string }) {
  return { side, value: createdAt.toISOString(), id };
}

function scoped<Where extends object>(keyset: Keyset, conditions: Where) {
  const { where, ...rest } = forPrisma(keyset);
  return { ...rest, where: { ...where, ...conditions } };
}
