import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { RequestError } from '../../client/index.ts';
import {
  PauseBatchDocument,
  ResumeBatchDocument,
  StartBatchDocument,
} from '../../client/generated/graphql.ts';
import { clientOf, createCampaign, signUp, startTestApp } from '../support/app.ts';
import { getBatch, getPosts } from '../support/batches.ts';
import { waitUntil } from '../support/services/wait-until.ts';

it('50 batches that are started at once on two instances, and resumed with maxima, stay within every budget', async () => {
  const monthlyBudget = 3;
  await using app = await startTestApp({ POST_SLOTS: '10', MONTHLY_BUDGET: String(monthlyBudget) });
  const another = await app.startAnother();
  const account = await signUp(app);
  const clients = [clientOf(app, account.token), clientOf(another, account.token)];
  const clientAt = (index: number) => clients[index % 2] ?? account;
  const batchOf = (id: string) => patiently(() => getBatch(account, id));
  const nothingInHand = () =>
    waitUntil(
      'no post in hand',
      async () => (await patiently(() => getPosts(account, { status: ['GENERATING'] }))).length === 0,
      { intervalMs: 200 },
    );

  const campaignId = await createCampaign(account);
  // A post costs about 0.0083 dollars, and at most 0.026. Every fifth batch gets a maximum when it has spent something.
  const batches = await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const maxCost = index % 5 === 0 ? null : 0.03 + (index % 5) / 100;
      const input = {
        campaignId,
        postCount: maxCost === null ? 60 : 12,
        maxCost,
        idempotencyKey: String(index),
      };
      const { startBatch } = await patiently(() => clientAt(index).run(StartBatchDocument, { input }));
      if (startBatch.__typename !== 'Batch') throw new Error(startBatch.__typename);
      return { id: startBatch.id, maxCost };
    }),
  );
  await Promise.all(
    batches.map(async ({ id, maxCost }, index) => {
      if (maxCost !== null) return;
      await waitUntil('every batch without a maximum to spend something', async () => {
        const { status, progress } = await batchOf(id);
        return status !== 'RUNNING' || progress.completedCount > 4;
      });
      await patiently(() => clientAt(index).run(PauseBatchDocument, { batchId: id }));
    }),
  );
  await nothingInHand();
  const limits = await Promise.all(
    batches.map(async ({ id, maxCost }, index) => {
      const raised = (maxCost ?? (await batchOf(id)).cost) + 0.028;
      const resume = () => clientAt(index).run(ResumeBatchDocument, { batchId: id, maxCost: raised });
      const { resumeBatch } = await patiently(resume);
      // One that is over already cannot be resumed.
      return { id, maxCost: resumeBatch.__typename === 'Batch' ? raised : (maxCost ?? Infinity) };
    }),
  );
  await waitUntil(
    'all batches to pause or end',
    async () =>
      (await Promise.all(batches.map(({ id }) => batchOf(id)))).every(({ status }) => status !== 'RUNNING'),
    { intervalMs: 200 },
  );
  await nothingInHand();
  const costs = await Promise.all(batches.map(async ({ id }) => (await batchOf(id)).cost));
  expect(costs.map((cost, index) => Math.max(0, cost - (limits[index]?.maxCost ?? 0)))).toEqual(
    costs.map(() => 0),
  );
  const spent = costs.reduce((sum, cost) => sum + cost, 0);
  expect(spent).toBeLessThanOrEqual(monthlyBudget);
});

/** Repeats a request that a busy machine puts off. */
async function patiently<T>(request: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof RequestError && error.codes.includes('SERVICE_UNAVAILABLE'))) throw error;
      await delay((error.retryAfter ?? 1) * 1000);
    }
  }
}
