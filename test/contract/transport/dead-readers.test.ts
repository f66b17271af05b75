import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { describe } from 'vitest';
import { WebSocket } from 'ws';
import { type Account } from '../../support/app.ts';
import { followToEnd, stored } from '../../support/batches.ts';
import { test as base } from '../../support/fixtures.ts';

const test = base.extend('postCount', { scope: 'file' }, () => 100);

/** A socket that has subscribed `count` times to every text of the batch. */
async function open(
  account: Account,
  batchId: string,
  count: number,
  options: { autoPong?: boolean } = {},
): Promise<WebSocket> {
  const socket = new WebSocket(account.url.replace('http', 'ws'), 'graphql-transport-ws', options);
  await once(socket, 'open');
  socket.send(
    JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${account.token}` } }),
  );
  await once(socket, 'message');
  const texts = Array.from({ length: 20 }, (_, index) => `t${index}: caption`).join(' ');
  const query = `subscription ($batchId: ID!) { batchEvents(batchId: $batchId) { ... on PostCompletedEvent { post { ${texts} } } } }`;
  for (let id = 0; id < count; id += 1)
    socket.send(
      JSON.stringify({ id: String(id), type: 'subscribe', payload: { query, variables: { batchId } } }),
    );
  return socket;
}

describe.concurrent('a reader', () => {
  test('who stops to read is closed with a code that says so, and others are told everything meanwhile', async ({
    account,
    batchId,
    expect,
  }) => {
    const socket = await open(account, batchId, 60);
    socket.pause();
    expect(stored(await followToEnd(account, batchId))).toHaveLength(102);
    // Longer than the limit, and shorter than two pings; then it reads what was sent until then.
    await delay(17_000);
    const closed = once(socket, 'close');
    socket.resume();
    expect((await closed)[0]).toBe(4410);
  });

  test('who answers no ping is let go, but has a ping’s time to answer', async ({
    account,
    batchId,
    expect,
  }) => {
    const startedAt = performance.now();
    const socket = await open(account, batchId, 0, { autoPong: false });
    await once(socket, 'close');
    expect(performance.now() - startedAt).toBeGreaterThan(12_000);
  });
});
