import { expect } from 'vitest';
import { shinglesOf, similarity } from '../../../src/domain/checks/similarity.ts';
import { createCampaign, signUp, startBatch } from '../../support/app.ts';
import { followToEnd, getPosts } from '../../support/batches.ts';
import { test as base } from '../../support/fixtures.ts';

const test = base.extend('settings', { scope: 'file' }, () => ({ REWRITING: 'on' }));

/** How many pairs of captions are near-duplicates. */
function pairsIn(captions: readonly string[]): number {
  const shingles = captions.map(shinglesOf);
  return shingles
    .flatMap((one, index) => shingles.slice(index + 1).map((other) => similarity(one, other)))
    .filter((alike) => alike >= 0.75).length;
}

test('no two posts of a batch say the same, though they are written at the same time', async ({ app }) => {
  const account = await signUp(app);
  app.simulator.control.resetStats();
  app.simulator.control.setFaults([{ kind: 'repetitive', endpoint: 'chat', probability: 0.5 }]);
  const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 30 });
  await followToEnd(account, batchId);
  app.simulator.control.clearFaults();
  expect(app.simulator.control.violations().violations.length).toBeGreaterThan(5);
  const posts = await getPosts(account, { batchId });
  expect(pairsIn(posts.map(({ caption }) => caption ?? ''))).toBe(0);
});

test('a post that says what a recent one of its campaign says is written once more', async ({ app }) => {
  const account = await signUp(app);
  const campaignId = await createCampaign(account);
  const captions = [];
  for (let round = 1; round <= 2; round += 1) {
    const batchId = await startBatch(account, { campaignId, postCount: 2 });
    await followToEnd(account, batchId);
    captions.push(...(await getPosts(account, { batchId })).map(({ caption }) => caption ?? ''));
  }
  // The simulator writes the same for the same prompt.
  expect(pairsIn(captions)).toBe(0);
  expect(captions).toHaveLength(4);
});
