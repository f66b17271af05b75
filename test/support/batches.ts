import { BatchDocument, PostsDocument, type PostFilter } from '../../client/generated/graphql.ts';
import { followBatch, type BatchEvent } from '../../client/index.ts';
import { createCampaign, startBatch, type Account } from './app.ts';
import { waitUntil } from './services/wait-until.ts';

/** Follows a batch to its end and returns all that was sent. */
export async function followToEnd(
  account: Account,
  batchId: string,
  options: { after?: string; transport?: 'websocket' | 'sse' } = {},
): Promise<BatchEvent[]> {
  const signal = AbortSignal.timeout(180_000);
  return Array.fromAsync(
    followBatch({ url: account.url, token: account.token, batchId, signal, ...options }),
  );
}

/** The stored events among what was sent: all but snapshots and stages. */
export function stored(events: BatchEvent[]): BatchEvent[] {
  return events.filter(
    ({ __typename }) => __typename !== 'BatchSnapshotEvent' && __typename !== 'PostStageEvent',
  );
}

export async function getBatch(account: Account, id: string) {
  const { batch } = await account.run(BatchDocument, { id });
  if (batch == null) throw new Error('the batch is not there');
  return batch;
}

/** The first 100 posts of a filter, newest first. */
export async function getPosts(account: Account, filter: PostFilter) {
  const { posts } = await account.run(PostsDocument, { filter, first: 100 });
  return posts.edges.map(({ node }) => node);
}

/** A new campaign with a batch that is complete. */
export async function completeBatch(account: Account, postCount: number) {
  const campaignId = await createCampaign(account);
  const batchId = await startBatch(account, { campaignId, postCount });
  await followToEnd(account, batchId);
  return { campaignId, batchId };
}

/** Looks until a batch is as it should be, and returns it. */
export async function waitForBatch(
  account: Account,
  id: string,
  what: string,
  isAsWanted: (batch: Awaited<ReturnType<typeof getBatch>>) => boolean,
) {
  let batch = await getBatch(account, id);
  await waitUntil(
    `a batch that ${what}`,
    async () => {
      batch = await getBatch(account, id);
      return isAsWanted(batch);
    },
    { intervalMs: 20 },
  );
  return batch;
}

/** The code and type of a failure that a mutation answered with. */
export function notFound(path: string) {
  return { __typename: 'NotFoundError', code: 'NOT_FOUND', message: `There is no ${path} with this id.` };
}

/** An id that looks right and is nobody's. */
export function absentId(type: string): string {
  return Buffer.from(`${type}:${crypto.randomUUID()}`).toString('base64url');
}
