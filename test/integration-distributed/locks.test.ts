import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { RequestError } from '../../client/index.ts';
import {
  CancelBatchDocument,
  DeleteAccountDocument,
  DeleteBatchDocument,
  DeleteCampaignDocument,
  DeletePostDocument,
  PauseBatchDocument,
  PostsDocument,
  RegeneratePostDocument,
  ResumeBatchDocument,
  RetryFailedPostsDocument,
  SetBatchPriorityDocument,
  StartBatchDocument,
  UpdateCampaignDocument,
} from '../../client/generated/graphql.ts';
import { createCampaign, signUp, startTestApp, type Account, type TestApp } from '../support/app.ts';
import { withPostgres } from '../support/services/postgres-client.ts';
import { startPostgres } from '../support/services/postgres.ts';

const durationMs = 20_000;
const password = 'correct horse';

it('whatever is done at the same time, no two transactions wait for each other, and nobody is told INTERNAL', async () => {
  await using postgres = await startPostgres({ settings: { deadlock_timeout: '100ms' } });
  const DATABASE_URL = await postgres.createDatabase();
  await using app = await startTestApp({ DATABASE_URL, POST_SLOTS: '20', MONTHLY_BUDGET: '1000' });
  const another = await app.startAnother();
  app.simulator.control.setLatency({
    captionLatencyMs: { p05: 1_000, p95: 20_000 },
    imageLatencyMs: { p05: 1_000, p95: 20_000 },
  });
  app.simulator.control.setFaults([{ kind: 'refusal', endpoint: 'chat', probability: 0.2 }]);
  const until = Date.now() + durationMs;
  const answers = (
    await Promise.all(Array.from({ length: 6 }, (_, place) => actUntil(until, place, app, another.url)))
  ).flat();

  const { deadlocks } = await withPostgres(DATABASE_URL, async (client) => {
    await client.query('SELECT pg_stat_force_next_flush()').catch(() => undefined);
    const { rows } = await client.query(
      'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
    );
    return rows[0];
  });
  expect(answers.length).toBeGreaterThan(100);
  expect({ deadlocks, failures: answers.filter((answer) => answer !== 'ok') }).toEqual({
    deadlocks: 0,
    failures: [],
  });
});

/** One owner after the other, with two campaigns and all that can be done to them, by six hands on two instances. */
async function actUntil(until: number, place: number, app: TestApp, otherUrl: string): Promise<string[]> {
  const answers: string[] = [];
  while (Date.now() < until) {
    const account = await signUp(place % 2 === 0 ? app : { url: otherUrl });
    const campaigns = [await createCampaign(account), await createCampaign(account)];
    const batches: string[] = [];
    const endsAt = Math.min(until, Date.now() + 6_000);
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        while (Date.now() < endsAt) answers.push(await answerOf(() => act(account, campaigns, batches)));
      }),
    );
    answers.push(
      await answerOf(async () => {
        await account.run(DeleteAccountDocument, { input: { password } });
      }),
    );
  }
  return answers;
}

async function act(account: Account, campaigns: string[], batches: string[]): Promise<void> {
  const { run } = account;
  const campaignId = pick(campaigns);
  const batchId = pick(batches);
  const action = Math.floor(Math.random() * 12);
  if (batchId === undefined || action < 2) {
    if (campaignId === undefined) return delay(10);
    const postCount = Math.random() < 0.3 ? 250 : 12;
    const { startBatch } = await run(StartBatchDocument, { input: { campaignId, postCount, maxCost: 100 } });
    if (startBatch.__typename === 'Batch') batches.push(startBatch.id);
  } else if (action === 2) await run(PauseBatchDocument, { batchId });
  else if (action === 3) await run(ResumeBatchDocument, { batchId });
  else if (action === 4) await run(CancelBatchDocument, { batchId });
  else if (action === 5) await run(RetryFailedPostsDocument, { batchId });
  else if (action < 8) {
    await run(SetBatchPriorityDocument, {
      batchId,
      priority: pick(['LOW', 'NORMAL', 'HIGH'] as const) ?? 'LOW',
    });
  } else if (action === 8) {
    const { posts } = await run(PostsDocument, { filter: { status: ['COMPLETED'] }, first: 1 });
    const postId = posts.edges[0]?.node.id;
    if (postId !== undefined && Math.random() < 0.2) await run(DeletePostDocument, { postId });
    else if (postId !== undefined) await run(RegeneratePostDocument, { input: { postId, part: 'CAPTION' } });
  } else if (action === 9 && campaignId !== undefined) {
    await run(UpdateCampaignDocument, {
      input: { campaignId, channel: pick(['X', 'TIKTOK', 'LINKEDIN'] as const) ?? 'X' },
    });
  } else if (action === 10) {
    await run(DeleteBatchDocument, { batchId });
  } else if (campaignId !== undefined && campaigns.length > 0) {
    const { deleteCampaign } = await run(DeleteCampaignDocument, { campaignId });
    if (deleteCampaign.__typename === 'DeletedCampaign') {
      campaigns.splice(campaigns.indexOf(campaignId), 1, await createCampaign(account));
    }
  }
}

/** @returns `ok` for what was done, what was refused by a rule, and what a busy machine puts off; otherwise what went wrong. */
async function answerOf(work: () => Promise<void>): Promise<string> {
  try {
    await work();
    return 'ok';
  } catch (error) {
    if (error instanceof RequestError && error.message.includes('There is no')) return 'ok';
    if (error instanceof RequestError && error.codes.includes('SERVICE_UNAVAILABLE')) return 'ok';
    return error instanceof Error ? error.message : String(error);
  }
}

function pick<T>(values: readonly T[]): T | undefined {
  return values[Math.floor(Math.random() * values.length)];
}
