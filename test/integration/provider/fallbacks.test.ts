import { describe, expect, test } from 'vitest';
import { QuoteBatchDocument } from '../../../client/generated/graphql.ts';
import { createSimulator } from '../../../src/simulator/server.ts';
import type { ProviderCall } from '../../../src/store/generated/prisma/client.ts';
import { clientOf, createCampaign, signUp, startBatch, startTestApp } from '../../support/app.ts';
import { followToEnd, getBatch, getPosts, waitForBatch } from '../../support/batches.ts';
import { getPost } from '../../support/posts.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

const first = 'gpt-5.4-mini';
const second = 'anthropic:claude-haiku-4-5';
/** Dollars a million tokens. */
const price = { input: 10, output: 50 };

/** Pressrun with two models that write, each at a provider of its own. */
async function openChain() {
  await using opened = new AsyncDisposableStack();
  const other = createSimulator({
    dialect: 'anthropic',
    seed: 1,
    timeScale: 0.01,
    limits: { requestsPerMinute: 100_000, tokensPerMinute: 100_000_000 },
  });
  const { url } = await other.start(0);
  opened.defer(() => other.stop());
  const app = await startTestApp({
    POST_SLOTS: '4',
    TEXT_MODEL: `${first},${second}`,
    TEXT_PRICE: `list,${price.input}/${price.output}`,
    ANTHROPIC_API_KEY: 'simulated',
    ANTHROPIC_BASE_URL: url,
  });
  opened.defer(() => app[Symbol.asyncDispose]());
  const account = await signUp(app);
  const campaignId = await createCampaign(account);
  const rest = opened.move();
  return {
    app,
    first: app.simulator.control,
    second: other.control,
    account,
    campaignId,
    async order(postCount: number) {
      const batchId = await startBatch(account, { campaignId, postCount });
      await followToEnd(account, batchId);
      return batchId;
    },
    /** @returns who made the captions and images of a batch. */
    async makers(batchId: string) {
      const posts = await getPosts(account, { batchId });
      const all = await Promise.all(posts.map(({ id }) => getPost(account, id)));
      const by = (field: string) =>
        all.map(({ revisions }) => revisions.find((revision) => revision.field === field)?.model);
      return { captions: new Set(by('CAPTION')), images: new Set(by('IMAGE')) };
    },
    /** Stops the app. @returns its calls, in order. */
    async calls(): Promise<{ captions: ProviderCall[]; images: ProviderCall[] }> {
      let calls: ProviderCall[] = [];
      const restarted = await app.restart(async (prisma) => {
        calls = await prisma.providerCall.findMany({ orderBy: { id: 'asc' } });
      });
      await restarted.stop();
      const by = Object.groupBy(calls, ({ step }) => step);
      return { captions: by['caption'] ?? [], images: by['image'] ?? [] };
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

const outcomes = (calls: readonly ProviderCall[]) =>
  calls.map(({ model, status, errorCode }) => [model, status, errorCode]);

async function readiness(url: string): Promise<unknown> {
  return (await fetch(`${url}/health/ready`)).json();
}

describe('while the first provider', () => {
  test('answers with errors, the first post is written by the second, and so are all until it is back', async () => {
    await using chain = await openChain();
    const { app, account } = chain;
    chain.first.setFaults([{ kind: 'server_error', endpoint: 'chat' }]);
    const usual = chain.first.latency();
    chain.first.setLatency({ imageLatencyMs: { p05: 500_000, p95: 500_000 } });
    const batchId = await chain.order(1);
    chain.first.setLatency(usual);
    expect(await chain.makers(batchId)).toEqual({
      captions: new Set([second]),
      images: new Set(['gpt-image-2']),
    });
    expect(await readiness(app.url)).toMatchObject({ status: 'ready' });
    expect(await readiness(app.url)).not.toHaveProperty('provider');
    const { usage } = chain.second.stats().chat;
    const drawn = chain.first.stats().images.usage;
    expect((await getBatch(account, batchId)).cost).toBeCloseTo(
      (usage.inputTokens * price.input +
        usage.outputTokens * price.output +
        drawn.inputTokens * 5 +
        drawn.outputTokens * 30) /
        1_000_000,
      5,
    );

    const many = await chain.order(12);
    expect((await chain.makers(many)).captions).toEqual(new Set([second]));
    expect(await getBatch(account, many)).toMatchObject({
      waitingFor: null,
      progress: { completedCount: 12, failedCount: 0 },
    });
    // Three failures in a row open its circuit, and then one call every 5 s probes.
    expect(chain.first.stats().chat.received).toBeLessThanOrEqual(9);

    chain.first.clearFaults();
    await waitUntil('the first provider to serve again', async () =>
      (await chain.makers(await chain.order(1))).captions.has(first),
    );
    const { captions: calls, images } = await chain.calls();
    const switched = calls.slice(0, 2);
    expect(outcomes(switched)).toEqual([
      [first, 'FAILED', 'PROVIDER_UNAVAILABLE'],
      [second, 'SETTLED', null],
    ]);
    // In the same run: the picture, which takes 5 s, is not waited for.
    expect(switched[1]?.createdAt.getTime()).toBeLessThan(images[0]?.settledAt?.getTime() ?? 0);
  });

  test('hangs, its call is given up at the deadline and the second writes', async () => {
    await using chain = await openChain();
    // Its deadline is learned from five answers.
    await chain.order(6);
    chain.first.setFaults([{ kind: 'hang', endpoint: 'chat' }]);
    const batchId = await chain.order(1);
    expect((await chain.makers(batchId)).captions).toEqual(new Set([second]));
    const calls = (await chain.calls()).captions.slice(6);
    expect(outcomes(calls)).toEqual([
      [first, 'UNKNOWN', 'PROVIDER_TIMEOUT'],
      [second, 'SETTLED', null],
    ]);
  });

  test.each([
    ['has no credit', 'insufficient_quota', 'QUOTA_EXHAUSTED'],
    ['rejects the key', 'unauthorized', 'PROVIDER_REJECTED_KEY'],
  ] as const)('%s, no batch pauses and the second writes at once', async (_what, kind, errorCode) => {
    await using chain = await openChain();
    chain.first.setFaults([{ kind, endpoint: 'chat' }]);
    for (const postCount of [1, 3]) {
      const batchId = await chain.order(postCount);
      expect((await chain.makers(batchId)).captions).toEqual(new Set([second]));
    }
    expect(await readiness(chain.app.url)).not.toHaveProperty('provider');
    const { captions: calls } = await chain.calls();
    expect(calls[0]).toMatchObject({ model: first, status: 'FAILED', errorCode, costMicros: null });
    expect(calls.filter(({ model }) => model === second)).toHaveLength(4);
  });

  test('refuses the content, the second is not asked', async () => {
    await using chain = await openChain();
    chain.first.setFaults([{ kind: 'refusal', endpoint: 'chat' }]);
    const batchId = await chain.order(1);
    expect(await getPosts(chain.account, { batchId })).toMatchObject([
      { status: 'FAILED', errorCode: 'CONTENT_REFUSED' },
    ]);
    expect(chain.second.stats().chat.received).toBe(0);
  });

  test('limits the rate, posts wait for it', async () => {
    await using chain = await openChain();
    chain.first.setFaults([{ kind: 'rate_limited', endpoint: 'chat', count: 2 }]);
    const batchId = await chain.order(2);
    expect((await chain.makers(batchId)).captions).toEqual(new Set([first]));
    expect(chain.second.stats().chat.received).toBe(0);
  });
});

test('a run in which every model failed costs its post one attempt, and not one for each model', async () => {
  await using chain = await openChain();
  for (const control of [chain.first, chain.second])
    control.setFaults([{ kind: 'server_error', endpoint: 'chat' }]);
  const batchId = await startBatch(chain.account, { campaignId: chain.campaignId, postCount: 1 });
  const runs = () => chain.second.stats().chat.received;
  await waitUntil('a second run', () => runs() >= 2);
  let failures = Number.NaN;
  let runsBefore = Number.NaN;
  await using restarted = await chain.app.restart(async (prisma) => {
    runsBefore = runs();
    ({ failures } = await prisma.run.findFirstOrThrow({ select: { failures: true } }));
    chain.second.clearFaults();
  });
  expect(failures).toBe(runsBefore);
  const account = {
    ...chain.account,
    url: `${restarted.url}/graphql`,
    run: clientOf(restarted, chain.account.token).run,
  };
  await followToEnd(account, batchId);
  expect(await getBatch(account, batchId)).toMatchObject({ progress: { completedCount: 1, failedCount: 0 } });
});

test('while all providers are away, posts wait and the batch says why', async () => {
  await using chain = await openChain();
  for (const control of [chain.first, chain.second])
    control.setFaults([{ kind: 'server_error', endpoint: 'chat' }]);
  const { account, campaignId } = chain;
  const batchId = await startBatch(account, { campaignId, postCount: 12 });
  const waiting = await waitForBatch(account, batchId, 'says why it waits', (one) => one.waitingFor !== null);
  expect(waiting).toMatchObject({ status: 'RUNNING', waitingFor: 'PROVIDER_UNAVAILABLE' });
  chain.second.clearFaults();
  await waitForBatch(account, batchId, 'is completed', ({ status }) => status === 'COMPLETED');
  expect(await getBatch(account, batchId)).toMatchObject({
    waitingFor: null,
    progress: { completedCount: 12, failedCount: 0 },
  });
});

test('a budget sets the price of the dearest model aside, and not a millionth more', async () => {
  await using chain = await openChain();
  const { account, campaignId } = chain;
  const { quoteBatch } = await account.run(QuoteBatchDocument, { input: { campaignId, postCount: 1 } });
  if (quoteBatch.__typename !== 'BatchQuote') throw new Error(`quoteBatch answered ${quoteBatch.__typename}`);
  const { maximumCost } = quoteBatch;
  const spend = async (maxCost: number) => {
    const batchId = await startBatch(account, { campaignId, postCount: 1, maxCost });
    return waitForBatch(account, batchId, 'ends', ({ status }) => status !== 'RUNNING');
  };
  const short = Math.round(maximumCost * 1_000_000 - 1) / 1_000_000;
  expect(await spend(short)).toMatchObject({ status: 'PAUSED', pauseReason: 'BATCH_BUDGET_EXCEEDED' });
  expect(await spend(maximumCost)).toMatchObject({ status: 'COMPLETED' });
  // The dearest has room as well.
  chain.first.setFaults([{ kind: 'insufficient_quota', endpoint: 'chat' }]);
  expect(await spend(maximumCost)).toMatchObject({ status: 'COMPLETED' });
  const { captions: calls } = await chain.calls();
  expect(new Set(calls.map(({ estimateMicros }) => estimateMicros)).size).toBe(1);
});
