import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  createCampaign,
  signUp,
  startBatch,
  startTestApp,
  type Account,
  type TestApp,
} from '../../support/app.ts';
import { followToEnd, getBatch } from '../../support/batches.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp();
  // Beside this the time of our own machinery is small.
  everyCallTakes(300);
});
afterEach(() => app[Symbol.asyncDispose]());

function everyCallTakes(ms: number) {
  const range = { p05: ms * 100, p95: ms * 100 };
  app.simulator.control.setLatency({ captionLatencyMs: range, imageLatencyMs: range });
}

async function userWithCampaign() {
  const account = await signUp(app);
  return { account, campaignId: await createCampaign(account) };
}

async function secondsFor(account: Account, campaignId: string, postCount: number): Promise<number> {
  const batchId = await startBatch(account, { campaignId, postCount });
  await followToEnd(account, batchId);
  return (await getBatch(account, batchId)).elapsedSeconds;
}

it('a batch of five takes at most three times as long beside somebody’s batch of 300 as alone', async () => {
  const [large, small] = await Promise.all([userWithCampaign(), userWithCampaign()]);
  const alone = await secondsFor(small.account, small.campaignId, 5);
  const batchId = await startBatch(large.account, { campaignId: large.campaignId, postCount: 300 });
  await waitUntil('the large batch to run', () => app.simulator.control.stats().images.inFlight === 10);
  expect(await secondsFor(small.account, small.campaignId, 5)).toBeLessThanOrEqual(3 * alone);
  expect((await getBatch(large.account, batchId)).progress.remainingCount).toBeGreaterThan(200);
});

it('ten users with a batch each progress alike', async () => {
  const users = await Promise.all(Array.from({ length: 10 }, userWithCampaign));
  // While somebody holds every slot, all ten order: none has a start on the others.
  const holder = await userWithCampaign();
  everyCallTakes(3_000);
  await startBatch(holder.account, { campaignId: holder.campaignId, postCount: 10 });
  await waitUntil('all slots to be held', () => app.simulator.control.stats().images.inFlight === 10);
  everyCallTakes(300);
  const batches = await Promise.all(
    users.map(async ({ account, campaignId }) => ({
      account,
      batchId: await startBatch(account, { campaignId, postCount: 20 }),
    })),
  );
  let counts: number[] = [];
  await waitUntil(
    'half of all posts',
    async () => {
      const found = await Promise.all(batches.map(({ account, batchId }) => getBatch(account, batchId)));
      counts = found.map(({ progress }) => progress.completedCount);
      return total(counts) >= 100;
    },
    { intervalMs: 50 },
  );
  // Jain, Chiu, Hawe 1984: 1 where all have the same, 1/n where one has everything.
  const jain = total(counts) ** 2 / (counts.length * total(counts.map((count) => count ** 2)));
  expect(jain).toBeGreaterThanOrEqual(0.95);
});

it('a user gets no more slots than POST_SLOTS_PER_USER, and leaves the others to the next one', async () => {
  await using limited = await startTestApp({ POST_SLOTS_PER_USER: '2' });
  const range = { p05: 20_000, p95: 20_000 };
  limited.simulator.control.setLatency({ captionLatencyMs: range, imageLatencyMs: range });
  const users = await Promise.all([signUp(limited), signUp(limited)]);
  const inFlight = () => limited.simulator.control.stats().images.inFlight;
  const first = await startBatch(users[0], { campaignId: await createCampaign(users[0]), postCount: 8 });
  await waitUntil('two posts to be made', () => inFlight() === 2);
  const second = await startBatch(users[1], { campaignId: await createCampaign(users[1]), postCount: 8 });
  await waitUntil('four posts to be made', () => inFlight() === 4);
  await Promise.all([followToEnd(users[0], first), followToEnd(users[1], second)]);
  expect(limited.simulator.control.stats().images.peakInFlight).toBe(4);
});

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
