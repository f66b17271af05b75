import type { Worker } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import { createCampaign, signUp, startBatch, startTestApp } from '../../support/app.ts';
import { followToEnd, getBatch, waitForBatch } from '../../support/batches.ts';

it('a batch is completed in spite of a crash of the simulator that the app starts itself', async () => {
  const threads: Worker[] = [];
  const note = (thread: Worker) => threads.push(thread);
  process.on('worker', note);
  onTestFinished(() => void process.off('worker', note));
  await using app = await startTestApp({
    OPENAI_API_KEY: '',
    OPENAI_BASE_URL: '',
    SIMULATOR_TIME_SCALE: '0.1',
    POST_SLOTS: '4',
  });
  const account = await signUp(app);
  const campaignId = await createCampaign(account);
  const batchId = await startBatch(account, { campaignId, postCount: 20 });
  await waitForBatch(account, batchId, 'has begun', ({ progress }) => progress.completedCount > 0);
  await threads.at(-1)?.terminate();
  await followToEnd(account, batchId);
  expect(threads).toHaveLength(2);
  expect(await getBatch(account, batchId)).toMatchObject({
    status: 'COMPLETED',
    progress: { completedCount: 20 },
  });
});
