import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  BatchesDocument,
  CampaignsDocument,
  DeleteCampaignDocument,
  PostsDocument,
  type PostFilter,
  type PostsQueryVariables,
} from '../../../client/generated/graphql.ts';
import { fromGlobalId, toGlobalId } from '../../../src/domain/ids.ts';
import {
  clientOf,
  createCampaign,
  signUp,
  startBatch,
  startTestApp,
  type Account,
  type TestApp,
} from '../../support/app.ts';

const campaignCount = 20;
const postsPerCampaign = 500;

let app: TestApp;
let account: Account;
const campaigns: string[] = [];
/** Deleted while somebody walks. */
const doomed: string[] = [];
/** Posts that are there all the time. */
const lasting = new Set<string>();
beforeAll(async () => {
  const first = await startTestApp();
  const owner = await signUp(first);
  for (let place = 0; place < campaignCount + 10; place += 1) {
    (place < campaignCount ? campaigns : doomed).push(await createCampaign(owner));
  }
  const rowId = (globalId: string) => fromGlobalId(globalId)?.id ?? '';
  app = await first.restart(async (prisma) => {
    const all = [...campaigns, ...doomed];
    for (const [place, campaign] of all.entries()) {
      const [batchId, ownerId, campaignId] = [randomUUIDv7(), rowId(owner.id), rowId(campaign)];
      const postCount = place < campaignCount ? postsPerCampaign : 20;
      // Lasting and doomed ones lie between each other, and many share a moment.
      const createdAt = new Date(Date.UTC(2026, 0, 1 + ((place * 7) % all.length)));
      const base = { ownerId, campaignId, channel: 'INSTAGRAM' as const, createdAt };
      await prisma.batch.create({
        data: { ...base, id: batchId, postCount, completedCount: postCount, status: 'COMPLETED' },
      });
      const posts = Array.from({ length: postCount }, (_, position) => ({
        ...base,
        id: randomUUIDv7(),
        batchId,
        position: position + 1,
        status: 'COMPLETED' as const,
        caption: `Caption ${position + 1}`,
        targetAudience: 'everybody',
        jobId: randomUUID(),
      }));
      await prisma.post.createMany({ data: posts });
      if (place < campaignCount) posts.forEach(({ id }) => lasting.add(toGlobalId('Post', id)));
    }
  });
  account = { ...owner, url: `${app.url}/graphql`, run: clientOf(app, owner.token).run };
});
afterAll(() => app[Symbol.asyncDispose]());

const completed: PostFilter = { status: ['COMPLETED'], channel: ['INSTAGRAM'] };

/** Every row of the list, page by page, in the order in which the walk meets them. */
async function walk(
  direction: 'forwards' | 'backwards',
  variables: PostsQueryVariables,
  meanwhile: (page: number) => Promise<void> = async () => undefined,
): Promise<string[]> {
  const seen: string[] = [];
  let cursor: string | null | undefined;
  for (let page = 0; ; page += 1) {
    const where = direction === 'forwards' ? { first: 100, after: cursor } : { last: 100, before: cursor };
    const { posts } = await account.run(PostsDocument, { ...variables, ...where });
    const ids = posts.edges.map(({ node }) => node.id);
    seen.push(...(direction === 'forwards' ? ids : ids.toReversed()));
    const { hasNextPage, hasPreviousPage, endCursor, startCursor } = posts.pageInfo;
    if (!(direction === 'forwards' ? hasNextPage : hasPreviousPage)) return seen;
    cursor = direction === 'forwards' ? endCursor : startCursor;
    await meanwhile(page);
  }
}

describe('a walk over 10,000 posts', () => {
  it.each(['forwards', 'backwards'] as const)(
    '%s meets each row once, while rows come and go',
    async (direction) => {
      const seen = await walk(direction, { filter: completed }, async (page) => {
        if (page % 20 === 3) {
          await startBatch(account, { campaignId: campaigns[page % campaignCount] ?? '', postCount: 5 });
          const campaignId = doomed.pop();
          if (campaignId !== undefined) await account.run(DeleteCampaignDocument, { campaignId });
        }
      });
      expect(new Set(seen).size).toBe(seen.length);
      expect(lasting.difference(new Set(seen)).size).toBe(0);
    },
  );

  it('meets the same rows in both directions of one order', async () => {
    const order = { by: 'POSITION', direction: 'ASC' } as const;
    const filter = { ...completed, created: { until: '2026-06-01T00:00:00Z' } };
    const forwards = await walk('forwards', { filter, order });
    expect(forwards.length).toBeGreaterThanOrEqual(10_000);
    expect(await walk('backwards', { filter, order })).toEqual(forwards.toReversed());
  });
});

describe('a cursor', () => {
  const refusal = { codes: ['INVALID_INPUT'], reasons: [{ fields: [{ path: 'after' }] }] };
  async function cursorOf(): Promise<string | null> {
    const { posts } = await account.run(PostsDocument, { filter: completed, first: 1 });
    return posts.pageInfo.endCursor;
  }

  it('of another filter is refused', async () => {
    await expect(account.run(PostsDocument, { after: await cursorOf() })).rejects.toMatchObject(refusal);
  });

  it('of another order is refused', async () => {
    const order = { by: 'CREATED_AT', direction: 'ASC' } as const;
    const variables = { filter: completed, order, after: await cursorOf() };
    await expect(account.run(PostsDocument, variables)).rejects.toMatchObject(refusal);
  });

  it('of another list is refused', async () => {
    const { campaigns: page } = await account.run(CampaignsDocument, { first: 1 });
    const after = page.pageInfo.endCursor;
    await expect(account.run(BatchesDocument, { after })).rejects.toMatchObject(refusal);
  });

  it('of another account is refused', async () => {
    const other = await signUp(app);
    const variables = { filter: completed, after: await cursorOf() };
    await expect(other.run(PostsDocument, variables)).rejects.toMatchObject(refusal);
  });

  it('that is none is refused', async () => {
    await expect(account.run(PostsDocument, { after: 'nonsense' })).rejects.toMatchObject(refusal);
  });
});
