import { PNG } from 'pngjs';
import { describe, expect } from 'vitest';
import { createCampaign, signUp, startBatch, startTestApp } from '../../support/app.ts';
import { followToEnd, getBatch, getPosts, stored } from '../../support/batches.ts';
import { test } from '../../support/fixtures.ts';

describe('a batch of posts', () => {
  test('gets a caption, hashtags and a picture that opens for every post', async ({ account }) => {
    const campaignId = await createCampaign(account, { language: 'de', brand: 'Bergquell' });
    const batchId = await startBatch(account, { campaignId, postCount: 10 });
    await followToEnd(account, batchId);

    const posts = await getPosts(account, { batchId });
    expect(posts.map((post) => post.status)).toEqual(Array.from({ length: 10 }, () => 'COMPLETED'));
    expect(new Set(posts.map((post) => post.caption)).size).toBe(10);
    for (const post of posts) {
      expect(post.caption).toMatch(
        /\b(und|der|die|das|den|für|mit|ist|nicht|eine?|wir|im|zu|zum|wer|was|bis|gern|es|man|mehr)\b/i,
      );
      expect(post.hashtags.length).toBeGreaterThan(0);
      const response = await fetch(post.imageUrl ?? '');
      expect(response.headers.get('cache-control')).toContain('immutable');
      const picture = PNG.sync.read(Buffer.from(await response.arrayBuffer()));
      expect([picture.width, picture.height]).toEqual([1024, 1024]);
    }
  });

  test('tells its status, counts, speed, success rate and cost', async ({ account }) => {
    const campaignId = await createCampaign(account);
    const batchId = await startBatch(account, { campaignId, postCount: 3 });
    await followToEnd(account, batchId);

    const batch = await getBatch(account, batchId);
    expect(batch).toMatchObject({
      status: 'COMPLETED',
      progress: { postCount: 3, completedCount: 3, failedCount: 0, remainingCount: 0, successRate: 1 },
    });
    expect(batch.postsPerSecond).toBeCloseTo(3 / batch.elapsedSeconds, 5);
    expect(batch.cost).toBeGreaterThan(0);
  });

  test('asks for caption and picture of as many posts as there are slots at the same time', async ({
    app,
    account,
  }) => {
    // Longer than a busy machine takes to hand out all slots.
    const usual = app.simulator.control.latency();
    const range = { p05: 100_000, p95: 100_000 };
    app.simulator.control.setLatency({ captionLatencyMs: range, imageLatencyMs: range });
    app.simulator.control.resetStats();
    const campaignId = await createCampaign(account);
    await followToEnd(account, await startBatch(account, { campaignId, postCount: 30 }));
    app.simulator.control.setLatency(usual);
    const { chat, images } = app.simulator.control.stats();
    expect(images.peakInFlight).toBe(10);
    expect(chat.peakInFlight).toBeGreaterThan(5);
  });

  test('writes for the audience that the order names instead of the campaign’s', async ({ account }) => {
    const campaignId = await createCampaign(account);
    const batchId = await startBatch(account, {
      campaignId,
      postCount: 1,
      targetAudience: 'Night-shift nurses',
    });
    await followToEnd(account, batchId);
    expect(await getPosts(account, { batchId })).toMatchObject([{ targetAudience: 'Night-shift nurses' }]);
  });

  test('goes on when one of its posts fails, and says why that one did', async ({ app, account }) => {
    app.simulator.control.setFaults([{ kind: 'refusal', endpoint: 'chat', count: 1 }]);
    const campaignId = await createCampaign(account);
    const batchId = await startBatch(account, { campaignId, postCount: 5 });
    const events = stored(await followToEnd(account, batchId));

    expect(await getBatch(account, batchId)).toMatchObject({
      status: 'COMPLETED',
      progress: { completedCount: 4, failedCount: 1, successRate: 0.8 },
    });
    expect(await getPosts(account, { batchId, status: ['FAILED'] })).toMatchObject([
      { errorCode: 'CONTENT_REFUSED', errorMessage: expect.stringContaining('refused') },
    ]);
    expect(events.filter((event) => event.__typename === 'PostFailedEvent')).toMatchObject([
      { errorCode: 'CONTENT_REFUSED' },
    ]);
  });

  test('tries a post again after a passing fault, and buys nothing twice', async ({ app, account }) => {
    app.simulator.control.resetStats();
    app.simulator.control.setFaults([{ kind: 'server_error', endpoint: 'images', count: 1 }]);
    const campaignId = await createCampaign(account, { brand: 'Wiederholung' });
    const batchId = await startBatch(account, { campaignId, postCount: 1 });
    await followToEnd(account, batchId);

    expect(await getBatch(account, batchId)).toMatchObject({ progress: { completedCount: 1 } });
    const { chat, images } = app.simulator.control.stats();
    expect([chat.succeeded, images.succeeded, images.received]).toEqual([1, 1, 2]);
  });

  test('is finished by the next process when this one is stopped in its middle', async () => {
    await using stopped = await startTestApp();
    const account = await signUp(stopped);
    const campaignId = await createCampaign(account);
    const batchId = await startBatch(account, { campaignId, postCount: 40 });
    await using app = await stopped.restart();
    const again = { ...account, url: `${app.url}/graphql` };
    const events = stored(await followToEnd(again, batchId));
    expect(events.map((event) => Number(event.cursor))).toEqual(
      Array.from({ length: 42 }, (_, index) => index + 1),
    );
  });
});

describe('two owners with batches at the same time', () => {
  test('lets a small batch finish long before a big one that was there first', async ({ app, account }) => {
    const other = await signUp(app);
    const [bigId, smallId] = [await createCampaign(account), await createCampaign(other)];
    const big = await startBatch(account, { campaignId: bigId, postCount: 60 });
    const small = await startBatch(other, { campaignId: smallId, postCount: 5 });
    await followToEnd(other, small);
    const { progress } = await getBatch(account, big);
    expect(progress.remainingCount).toBeGreaterThan(20);
    await followToEnd(account, big);
  });
});
