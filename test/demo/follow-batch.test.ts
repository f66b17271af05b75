import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { followBatch, type BatchEvent } from '../../client/index.ts';
import {
  createCampaign,
  signUp,
  startBatch,
  startTestApp,
  type Account,
  type TestApp,
} from '../support/app.ts';
import { stored } from '../support/batches.ts';
import { freePort } from '../support/services/free-port.ts';
import { waitUntil } from '../support/services/wait-until.ts';
import { serve } from './support/scripted-server.ts';
import { startFlakyProxy } from './support/flaky-proxy.ts';
import { startPlainProxy } from './support/plain-proxy.ts';

let app: TestApp;
let account: Account;
beforeAll(async () => {
  app = await startTestApp();
  account = await signUp(app);
});
afterAll(() => app[Symbol.asyncDispose]());

const batchOf = async (postCount: number) =>
  startBatch(account, { campaignId: await createCampaign(account), postCount });
const delayMs = () => 0;

describe.each(['websocket', 'sse'] as const)('followBatch over %s', (transport) => {
  it('brings every event once and in order through a connection that breaks after each of them', async () => {
    await using proxy = await startFlakyProxy(app.url);
    const batchId = await batchOf(12);
    const events: BatchEvent[] = [];
    const following = followBatch({ url: proxy.url, token: account.token, batchId, transport, delayMs });
    for await (const event of following) {
      events.push(event);
      if (stored([event]).length > 0) proxy.cut();
    }
    expect(stored(events).map(({ cursor }) => cursor)).toEqual(
      Array.from({ length: 14 }, (_, i) => String(i + 1)),
    );
    expect(stored(events).at(-1)?.__typename).toBe('BatchCompletedEvent');
    expect(proxy.opened()).toBeGreaterThan(2);
  });

  it('gives up after ten failed attempts in a row, and says why', async () => {
    await using proxy = await startFlakyProxy(undefined);
    const waits: number[] = [];
    const following = followBatch({
      url: proxy.url,
      batchId: 'any',
      transport,
      delayMs: (failures) => {
        waits.push(failures);
        return 0;
      },
    });
    await expect(Array.fromAsync(following)).rejects.toMatchObject({
      name: 'ConnectionError',
      message: expect.stringContaining('10 failed attempts in a row'),
    });
    expect(waits).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('does not try again with a token that is refused', async () => {
    await using proxy = await startFlakyProxy(app.url);
    const following = followBatch({
      url: proxy.url,
      token: 'x.y.z',
      batchId: await batchOf(1),
      transport,
      delayMs,
    });
    await expect(Array.fromAsync(following)).rejects.toMatchObject({
      name: 'RequestError',
      codes: ['UNAUTHENTICATED'],
    });
    expect(proxy.opened()).toBe(1);
  });

  it('ends at once, with the reason, when its signal is aborted in the middle of an event stream', async () => {
    await using proxy = await startFlakyProxy(app.url);
    const stop = new AbortController();
    const following = followBatch({
      url: proxy.url,
      token: account.token,
      batchId: await batchOf(50),
      transport,
      signal: stop.signal,
    });
    await following.next();
    const rest = Array.fromAsync(following);
    stop.abort(new Error('enough'));
    await expect(rest).rejects.toThrow('enough');
    await waitUntil('the connection to be closed', () => proxy.open() === 0);
  });

  it('ends at once when its signal is aborted between two attempts', async () => {
    const stop = new AbortController();
    const following = followBatch({
      url: `http://127.0.0.1:${await freePort()}/graphql`,
      batchId: 'any',
      transport,
      signal: stop.signal,
      delayMs: () => {
        queueMicrotask(() => stop.abort(new Error('enough')));
        return 60_000;
      },
    });
    await expect(following.next()).rejects.toThrow('enough');
  });

  it('closes its connection when the reader leaves', async () => {
    await using proxy = await startFlakyProxy(app.url);
    const batchId = await batchOf(50);
    const following = followBatch({ url: proxy.url, token: account.token, batchId, transport });
    for await (const event of following) {
      expect(event.__typename).toBe('BatchSnapshotEvent');
      break;
    }
    await waitUntil('the connection to be closed', () => proxy.open() === 0);
  });
});

it('goes over to SSE by itself where a proxy lets no WebSocket through', async () => {
  await using proxy = await startPlainProxy(app.url);
  const batchId = await batchOf(3);
  const events = await Array.fromAsync(
    followBatch({ url: proxy.url, token: account.token, batchId, delayMs }),
  );
  expect(stored(events).map(({ cursor }) => cursor)).toEqual(['1', '2', '3', '4', '5']);
  expect(proxy.refused()).toBe(1);
});

it('starts counting failures anew after each success, and always resumes from the newest cursor', async () => {
  const progress = {
    postCount: 20,
    completedCount: 0,
    failedCount: 0,
    remainingCount: 20,
    successRate: null,
  };
  const asked: unknown[] = [];
  const url = await serve((_request, response, body) => {
    asked.push(body);
    const isLast = asked.length === 20;
    const __typename = isLast ? 'BatchCompletedEvent' : 'BatchStartedEvent';
    const event = { __typename, cursor: `c${asked.length}`, at: '2026-01-01T00:00:00.000Z', progress };
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    // Each answer breaks off right behind its only event, but the last, which is ended as it should be.
    const data = JSON.stringify({ data: { batchEvents: event } });
    const next = `event: next\ndata: ${data}\n\n`;
    if (isLast) response.end(`${next}event: complete\ndata:\n\n`);
    else response.write(next, () => response.destroy());
  });
  const events = await Array.fromAsync(
    followBatch({ url, batchId: 'b', after: 'c0', transport: 'sse', delayMs }),
  );
  expect(events).toHaveLength(20);
  expect(asked).toMatchObject(
    Array.from({ length: 20 }, (_, index) => ({ variables: { batchId: 'b', after: `c${index}` } })),
  );
});
