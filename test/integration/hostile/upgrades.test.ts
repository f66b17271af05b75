import { expect } from 'vitest';
import { type TestApp } from '../../support/app.ts';
import { test } from '../../support/fixtures.ts';
import { openConnection } from '../../support/raw-socket.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

/** Sends a request by hand. @returns the answer's status, once its body is there as well. */
async function statusOf(
  app: TestApp,
  lines: string[],
  body: string,
  answer: string,
): Promise<string | undefined> {
  using connection = await openConnection(app.url);
  connection.socket.write([...lines, 'host: localhost', '', body].join('\r\n'));
  await waitUntil('the answer', () => connection.heard().includes(answer));
  return /^HTTP\/1\.1 (\d+)/.exec(connection.heard().toString())?.[1];
}

const body = '{"query":"{ me { id } }"}';
const asJson = ['content-type: application/json', `content-length: ${body.length}`];
const me = '{"data":{"me":null}}';

test.for<[string, string[]]>([
  [
    'HTTP/2, as Java’s client does',
    ['connection: Upgrade, HTTP2-Settings', 'upgrade: h2c', 'http2-settings: AAEAAEAAAAIAAAAB'],
  ],
  ['several protocols', ['connection: upgrade', 'upgrade: TLS/1.2, irc/6.9']],
  ['a WebSocket, by POST', ['connection: upgrade', 'upgrade: websocket']],
])('a client that offers %s is answered over HTTP/1.1', async ([_what, offer], { app }) => {
  expect(await statusOf(app, ['POST /graphql HTTP/1.1', ...offer, ...asJson], body, me)).toBe('200');
});

test('a WebSocket elsewhere than at GraphQL is told that there is nothing', async ({ app }) => {
  const offer = ['connection: upgrade', 'upgrade: websocket', 'sec-websocket-version: 13'];
  expect(await statusOf(app, ['GET /elsewhere HTTP/1.1', ...offer], '', '404')).toBe('404');
});
