import { expect } from 'vitest';
import { WebSocket } from 'ws';
import { type TestApp } from '../../support/app.ts';
import { test as base } from '../../support/fixtures.ts';
import { openSocket, post } from '../../support/raw-graphql.ts';

const test = base.extend('settings', { scope: 'file' }, () => ({
  TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8',
  RATE_LIMIT_PER_ADDRESS: '5',
  MAX_SOCKETS_PER_ADDRESS: '2',
}));

/** How many of ten requests were let through. */
async function letThrough(app: TestApp, forwardedFor: (n: number) => string): Promise<number> {
  let count = 0;
  for (let n = 0; n < 10; n += 1) {
    const { status } = await post(app, { query: '{ me { id } }' }, { 'x-forwarded-for': forwardedFor(n) });
    if (status === 200) count += 1;
  }
  return count;
}

test.for<[string, (n: number) => string]>([
  ['a new port each time', (n) => `203.0.113.1:${5_000 + n}`],
  ['a new port each time, of IPv6', (n) => `[2001:db8:1::1]:${5_000 + n}`],
  [
    'its address in several spellings',
    (n) => ['2001:db8:2::1', '[2001:DB8:2:0::1]', '2001:0db8:2::'][n % 3] ?? '',
  ],
  ['several addresses of its /64', (n) => `2001:db8:3:0:${n}::1`],
  ['its IPv4 address as IPv6', (n) => (n % 2 === 0 ? '203.0.113.2' : '::ffff:203.0.113.2')],
  ['other rubbish before it each time', (n) => `rubbish${n}, 203.0.113.3`],
  ['rubbish beyond a proxy each time', (n) => `rubbish${n}, 10.0.0.7`],
  ['a number that is no address each time', (n) => `${n}, 10.0.0.8`],
])('a client with %s is one client', async ([_what, forwardedFor], { app }) => {
  expect(await letThrough(app, forwardedFor)).toBe(5);
});

test('clients of different addresses are different clients', async ({ app }) => {
  expect(await letThrough(app, (n) => `203.0.113.${100 + n}:4711`)).toBe(10);
});

test('the sockets of a /64 are counted together', async ({ app }) => {
  const from = (n: number) => ({ 'x-forwarded-for': `2001:db8:4:0:${n}::1` });
  const sockets = [await openSocket(app, undefined, from(1)), await openSocket(app, undefined, from(2))];
  await expect(openSocket(app, undefined, from(3))).rejects.toThrow('429');
  for (const socket of sockets) {
    expect(socket.socket.readyState).toBe(WebSocket.OPEN);
    await socket[Symbol.asyncDispose]();
  }
});

test.for(['1::1.2.3.4', '::1.2.3.4', '64:ff9b::1.2.3.4', '[1::1.2.3.4]:80'])(
  'a spelling that not every reader of addresses takes is no address: %s',
  async (spelling, { app }) => {
    const { status } = await post(app, { query: '{ me { id } }' }, { 'x-forwarded-for': spelling });
    expect([200, 429]).toContain(status);
  },
);
