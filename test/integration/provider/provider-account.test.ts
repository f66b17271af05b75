import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import { ResumeBatchDocument } from '../../../client/generated/graphql.ts';
import { startBatch, type TestApp } from '../../support/app.ts';
import { followToEnd, getBatch, getPosts, waitForBatch } from '../../support/batches.ts';
import { test as base } from '../../support/fixtures.ts';
import { captionError } from '../../support/provider-answers.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

const test = base.extend('settings', { scope: 'file' }, () => ({ POST_SLOTS: '4' }));
test.beforeEach(({ app }) => {
  app.simulator.control.clearFaults();
  app.simulator.control.resetStats();
});

async function readiness(app: TestApp): Promise<unknown> {
  const response = await fetch(`${app.url}/health/ready`);
  return { code: response.status, ...(await response.json()) };
}

test.for([
  ['a rejected key', { kind: 'unauthorized' }, 'PROVIDER_REJECTED_KEY'],
  ['a rejected key, at pictures only', { kind: 'unauthorized', endpoint: 'images' }, 'PROVIDER_REJECTED_KEY'],
  ['a key without permission', captionError(403, 'forbidden'), 'PROVIDER_REJECTED_KEY'],
  [
    'a region that is not served',
    captionError(403, 'unsupported_country_region_territory'),
    'PROVIDER_REJECTED_KEY',
  ],
  ['a closed account', captionError(401, 'account_deactivated'), 'PROVIDER_REJECTED_KEY'],
  ['a model that is not there', captionError(404, 'model_not_found'), 'PROVIDER_MODEL_UNAVAILABLE'],
  ['an account without credit', { kind: 'insufficient_quota' }, 'QUOTA_EXHAUSTED'],
  ['a limit of what may be billed', captionError(400, 'billing_hard_limit_reached'), 'QUOTA_EXHAUSTED'],
  ['an account that is not paid', captionError(429, 'billing_not_active'), 'QUOTA_EXHAUSTED'],
  ['a payment that is asked for', captionError(402, 'payment_required'), 'QUOTA_EXHAUSTED'],
] as const)(
  'a batch that meets %s pauses with the reason, readiness says it, no post fails, and it goes on when that is mended',
  async ([_what, fault, reason], { app, account, campaignId }) => {
    app.simulator.control.setFaults([fault]);
    const batchId = await startBatch(account, { campaignId, postCount: 12 });
    const ended = ({ status }: { status: string }) => status !== 'RUNNING';
    const paused = await waitForBatch(account, batchId, 'is paused', ended);
    expect(paused).toMatchObject({ status: 'PAUSED', pauseReason: reason, progress: { failedCount: 0 } });
    await waitUntil(
      'every post to wait',
      async () => (await getPosts(account, { batchId, status: ['PENDING'] })).length === 12,
    );
    const told = { code: 200, status: 'ready', database: 'ok', bus: 'ok', images: 'ok', provider: reason };
    await waitUntil('readiness to say it', async () => isDeepStrictEqual(await readiness(app), told));

    app.simulator.control.clearFaults();
    await account.run(ResumeBatchDocument, { batchId });
    await followToEnd(account, batchId);
    expect(await getBatch(account, batchId)).toMatchObject({
      progress: { completedCount: 12, failedCount: 0 },
    });
    const { provider: _mended, ...well } = told;
    await waitUntil('readiness to be well', async () => isDeepStrictEqual(await readiness(app), well));
  },
);
