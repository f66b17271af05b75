import { expect } from 'vitest';
import { createReconciliation } from '../../../src/services/batches/reconciliation.ts';
import { createDrafts } from '../../../src/services/posts/drafts.ts';
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

test('a caption is compared with the last 400 of its batch alone', async ({ workshop }) => {
  const { viewer, campaignId } = await workshop.addAccount();
  const { batches, database } = workshop;
  const { id: batchId, campaignId: campaign } = await batches.start(viewer, { campaignId, postCount: 500 });
  const reconciliation = createReconciliation(workshop);
  while (await reconciliation.next());
  const posts = await database.prisma.post.findMany({ where: { batchId }, orderBy: { position: 'asc' } });
  // Of 36 words each, which no other has.
  const texts = posts.map((_, n) =>
    Array.from({ length: 36 }, (_word, w) => `${n * 7_919 + w * 104_729}`).join(' '),
  );
  const drafts = createDrafts(database);
  const register = async (by: typeof drafts, at: number, text = texts[at] ?? '') =>
    (await by.register({ postId: posts[at]?.id ?? '', batchId, campaignId: campaign, text })).length;
  await register(drafts, 0);
  for (let at = 1; at < 450; at += 1) await register(drafts, at);
  for (const by of [drafts, createDrafts(database)]) {
    expect(await register(by, 498, texts[0])).toBe(0);
    expect(await register(by, 499, texts[200])).toBe(1);
  }
});
