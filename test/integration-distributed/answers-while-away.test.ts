import { expect, it } from 'vitest';
import { createCampaign, signUp, startBatch, startTestApp } from '../support/app.ts';
import { getBatch, waitForBatch } from '../support/batches.ts';
import { startPostgres, type PostgresInstance } from '../support/services/postgres.ts';
import { waitUntil } from '../support/services/wait-until.ts';

const postCount = 10;

/** A job is given to somebody else when its worker has been silent for 10 s; an asset store is asked for 11 s at most. */
const awayMs = 18_000;

const crash = {
  takeAway: (postgres: PostgresInstance) => postgres.stop('immediate'),
  bringBack: (postgres: PostgresInstance) => postgres.restart('immediate'),
};
const freeze = {
  takeAway: (postgres: PostgresInstance) => postgres.pause(),
  bringBack: (postgres: PostgresInstance) => postgres.resume(),
};

// Times of the simulator are a hundredth.
const captionLatencyMs = { p05: 200_000, p95: 400_000 };
const whileAway = { p05: 250_000, p95: 450_000 };
const whenBack = { p05: 2_200_000, p95: 2_300_000 };

it.each([
  { what: 'crashes', ...crash, answers: 'captions', imageLatencyMs: whenBack },
  { what: 'freezes', ...freeze, answers: 'captions', imageLatencyMs: whenBack },
  { what: 'crashes', ...crash, answers: 'captions and images', imageLatencyMs: whileAway },
])(
  'nothing is paid twice where PostgreSQL $what for longer than a heartbeat while $answers arrive',
  async ({ takeAway, bringBack, answers, imageLatencyMs }) => {
    await using postgres = await startPostgres();
    await using app = await startTestApp({ DATABASE_URL: await postgres.createDatabase(), POST_SLOTS: '5' });
    await app.startAnother();
    const account = await signUp(app);
    const campaignId = await createCampaign(account);
    app.simulator.control.setLatency({ captionLatencyMs, imageLatencyMs });
    const batchId = await startBatch(account, { campaignId, postCount });
    const stats = () => app.simulator.control.stats();
    await waitUntil(
      'all calls to be under way',
      () => stats().chat.received === postCount && stats().images.received === postCount,
    );
    await takeAway(postgres);
    const awayAt = performance.now();
    await waitUntil('the captions', () => stats().chat.inFlight === 0);
    if (answers !== 'captions') await waitUntil('the images', () => stats().images.inFlight === 0);
    await waitUntil('the heartbeats to run out', () => performance.now() > awayAt + awayMs);
    await bringBack(postgres);
    const isAnswered = () =>
      getBatch(account, batchId).then(
        () => true,
        () => false,
      );
    await waitUntil('requests to be answered again', isAnswered, { intervalMs: 100 });
    await waitForBatch(account, batchId, 'is completed', ({ status }) => status === 'COMPLETED');

    expect(stats().chat.received).toBe(postCount);
    expect(stats().images.received).toBe(postCount);
    const { cost, progress } = await getBatch(account, batchId);
    expect(progress).toMatchObject({ completedCount: postCount, failedCount: 0 });
    const { usage: text } = stats().chat;
    const { usage: pictures } = stats().images;
    const sold =
      text.inputTokens * 0.75 +
      text.outputTokens * 4.5 +
      pictures.inputTokens * 5 +
      pictures.outputTokens * 30;
    expect(cost).toBeCloseTo(sold / 1_000_000, 4);
  },
);
