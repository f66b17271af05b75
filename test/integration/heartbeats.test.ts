import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { PostsDocument } from '../../client/generated/graphql.ts';
import { createCampaign, signUp, startBatch, startTestApp, type TestApp } from '../support/app.ts';
import { open } from '../support/raw-http.ts';
import { waitUntil } from '../support/services/wait-until.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app[Symbol.asyncDispose]());

it('a stream that has nothing to tell says every 25 s that it lives', async () => {
  const account = await signUp(app);
  app.simulator.control.setLatency({ imageLatencyMs: { p05: 60_000_000, p95: 60_000_000 } });
  const id = await startBatch(account, { campaignId: await createCampaign(account), postCount: 1 });
  // The server's clock for what it does from now on, as it lives in this process.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const query = 'subscription($id: ID!) { postProgress(postId: $id) { __typename } }';
  const { posts } = await account.run(PostsDocument, { filter: { batchId: id } });
  const stream = await open(account.url, {
    method: 'POST',
    headers: {
      accept: 'text/event-stream',
      'content-type': 'application/json',
      authorization: `Bearer ${account.token}`,
    },
    body: JSON.stringify({ query, variables: { id: posts.edges[0]?.node.id } }),
  });
  const pieces: string[] = [];
  stream.on('data', (piece) => pieces.push(String(piece)));
  stream.on('error', () => undefined);
  onTestFinished(() => void stream.destroy());
  await waitUntil('its snapshot', () => pieces.join('').includes('PostSnapshotEvent'));
  for (let beat = 1; beat <= 2; beat += 1) {
    const heard = pieces.length;
    vi.advanceTimersByTime(25_000);
    await waitUntil('a heartbeat', () => pieces.length > heard);
    expect(pieces.slice(heard)).toEqual([':\n\n']);
  }
});
