import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createCampaign, signUp, startBatch, type Account } from '../support/app.ts';
import { followToEnd } from '../support/batches.ts';
import { createHome, type Home } from '../support/e2e/home.ts';
import { startPressrun, type Pressrun } from '../support/e2e/pressrun.ts';
import { openSocket } from '../support/raw-graphql.ts';
import { openConnection } from '../support/raw-socket.ts';
import { waitUntil } from '../support/services/wait-until.ts';

let home: Home;
let pressrun: Pressrun;
let account: Account;
let batchId: string;
beforeAll(async () => {
  home = await createHome();
  pressrun = await startPressrun(home);
  account = await signUp(pressrun);
  batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 60 });
  await followToEnd(account, batchId);
});
afterAll(async () => {
  await pressrun.end('SIGTERM');
  await home[Symbol.asyncDispose]();
});

const query = 'subscription { userEvents { cursor } }';
const stream = JSON.stringify({ query });
const head = (lines: string[]) =>
  [...lines, 'host: localhost', `authorization: Bearer ${account.token}`, '', ''].join('\r\n');
const graphql = (length: number) => [
  'POST /graphql HTTP/1.1',
  'content-type: application/json',
  `content-length: ${length}`,
];

/** Sends something, and hangs up by a reset when the server has begun to work at it. */
async function leaveAfter(request: string, answerBegins: boolean): Promise<void> {
  using connection = await openConnection(pressrun.url);
  connection.socket.write(request);
  if (answerBegins) await once(connection.socket, 'data');
  connection.socket.resetAndDestroy();
}

it('a client that leaves in the middle is no error in the log, however it came', async () => {
  for (let count = 0; count < 5; count += 1) {
    await leaveAfter(head(graphql(100_000)) + '{"query":', false);
    await leaveAfter(head([...graphql(stream.length), 'accept: text/event-stream']) + stream, true);
    for (const format of ['csv', 'jsonl', 'zip'])
      await leaveAfter(head([`GET /export/batches/${batchId}.${format} HTTP/1.1`]), true);
    await leaveAfter(head(graphql(24)) + '{"query":"{ me { id } }"}', false);
    const socket = await openSocket(pressrun, account.token);
    for (let id = 0; id < 20; id += 1) socket.say({ type: 'subscribe', id: String(id), payload: { query } });
    await socket[Symbol.asyncDispose]();
  }
  const requestId = 'after-all-of-them';
  const headers = { 'x-request-id': requestId };
  expect((await fetch(`${pressrun.url}/health/live`, { headers })).status).toBe(200);
  await waitUntil('all before to be in the log', () =>
    pressrun.log().some((line) => line['requestId'] === requestId),
  );
  expect(pressrun.log().filter((line) => Number(line['level']) >= 40)).toEqual([]);
});

it('a stream of events keeps its connection no longer than the client asked for', async () => {
  const body = JSON.stringify({
    query: `subscription { batchEvents(batchId: "${batchId}") { cursor } }`,
  });
  const follow = async (...asked: string[]) => {
    const connection = await openConnection(pressrun.url);
    connection.socket.write(head([...graphql(body.length), 'accept: text/event-stream', ...asked]) + body);
    await waitUntil('the end of the stream', () => connection.heard().includes('event: complete'));
    return connection;
  };
  // Its stream is over first, and it stays open for the next request.
  using kept = await follow();
  using connection = await follow('connection: close');
  await waitUntil('the end of the connection', () => connection.socket.closed);
  expect(kept.socket.closed).toBe(false);
  expect(connection.heard().toString()).toMatch(/\r\nconnection: close\r\n/i);
});
