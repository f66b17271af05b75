import { expect } from 'vitest';
import { ResumeBatchDocument } from '../../../client/generated/graphql.ts';
import { startBatch } from '../../support/app.ts';
import { followToEnd, getBatch, getPosts, waitForBatch } from '../../support/batches.ts';
import { test as base } from '../../support/fixtures.ts';
import { captionError } from '../../support/provider-answers.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

const test = base.extend('settings', { scope: 'file' }, () => ({ POST_SLOTS: '4' }));
test.beforeEach(({ app }) => {
  app.simulator.control.clearFaults();
  app.simulator.control.resetStats();
});

test.for([
  ['answers nonsense', { kind: 'bad_json', endpoint: 'chat' }],
  ['accepts no request', captionError(400, 'unsupported_parameter')],
] as const)(
  'a batch whose model %s every time pauses before more is bought, and goes on when that is mended',
  async ([_what, fault], { app, account, campaignId }) => {
    app.simulator.control.setFaults([fault]);
    const batchId = await startBatch(account, { campaignId, postCount: 20 });
    const ended = await waitForBatch(account, batchId, 'is paused', ({ status }) => status !== 'RUNNING');
    expect(ended).toMatchObject({ status: 'PAUSED', pauseReason: 'PROVIDER_ANSWERS_USELESS' });
    await waitUntil('no post to be under way', async () => {
      const underWay = await getPosts(account, { batchId, status: ['GENERATING'] });
      return underWay.length === 0;
    });
    // Five in a row, what the slots had under way, and what they began before the pause was written.
    expect(app.simulator.control.stats().chat.received).toBeLessThanOrEqual(5 + 2 * 4);

    app.simulator.control.clearFaults();
    await account.run(ResumeBatchDocument, { batchId });
    await followToEnd(account, batchId);
    const { progress } = await getBatch(account, batchId);
    expect(progress.completedCount + progress.failedCount).toBe(20);
    // What was refused for good before the pause can be retried by its owner.
    expect(progress.failedCount).toBeLessThanOrEqual(4 + 4);
  },
);

test('a model that answers nonsense now and then pauses nothing', async ({ app, account, campaignId }) => {
  app.simulator.control.setFaults([{ kind: 'bad_json', endpoint: 'chat', probability: 0.3 }]);
  const batchId = await startBatch(account, { campaignId, postCount: 20 });
  const ended = await waitForBatch(account, batchId, 'ends', ({ status }) => status !== 'RUNNING');
  expect(ended.status).toBe('COMPLETED');
});
