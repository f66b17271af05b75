import { expect } from 'vitest';
import { startTestApp } from '../../support/app.ts';
import { test as base } from '../../support/fixtures.ts';
import { openSocket, post } from '../../support/raw-graphql.ts';

const origin = 'https://app.example.com';
const test = base.extend('settings', { scope: 'file' }, () => ({
  TRUSTED_PROXIES: '127.0.0.1',
  ALLOWED_ORIGINS: origin,
  MAX_SOCKETS_PER_ADDRESS: '3',
}));

const overTls = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.7' };

test('tells browsers that came over TLS, through a trusted proxy, to stay with it', async ({ app }) => {
  const { headers } = await post(app, { query: '{ me { id } }' }, overTls);
  expect(headers.get('strict-transport-security')).toContain('max-age=');
});

test('lets no cookie of a client that came over TLS travel without it', async ({ app }) => {
  const input = `{ email: "${crypto.randomUUID()}@example.com", password: "correct horse" }`;
  const query = `mutation { register(input: ${input}, cookie: true) { __typename } }`;
  expect((await post(app, { query }, overTls)).headers.get('set-cookie')).toContain('; Secure');
  const plain = query.replace('@', 'x@');
  expect((await post(app, { query: plain })).headers.get('set-cookie')).not.toContain('Secure');
});

test('lets pages of an allowed origin call, with cookies, and read the answer', async ({ app }) => {
  const preflight = await fetch(`${app.url}/graphql`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    },
  });
  expect(preflight.status).toBe(204);
  const { data, headers } = await post(app, { query: '{ me { id } }' }, { origin });
  expect(data).toEqual({ me: null });
  for (const answered of [preflight.headers, headers]) {
    expect(answered.get('access-control-allow-origin')).toBe(origin);
    expect(answered.get('access-control-allow-credentials')).toBe('true');
  }
});

test('counts pictures and sockets that are opened like requests, and says when to come back', async () => {
  await using strict = await startTestApp({ RATE_LIMIT_PER_ADDRESS: '2' });
  const picture = () => fetch(`${strict.url}/assets/${'0'.repeat(64)}.png`);
  expect((await picture()).status).toBe(404);
  await (await openSocket(strict))[Symbol.asyncDispose]();
  const refusal = await picture();
  expect(refusal.status).toBe(429);
  expect(Number(refusal.headers.get('retry-after'))).toBeGreaterThan(0);
  await expect(openSocket(strict)).rejects.toThrow('429');
});

test('opens no more sockets for an address than are allowed, until one is closed', async ({ app }) => {
  const sockets = [];
  for (let count = 0; count < 3; count += 1) sockets.push(await openSocket(app, undefined, { origin }));
  await expect(openSocket(app)).rejects.toThrow('429');
  // Somebody else is not kept out.
  await (await openSocket(app, undefined, overTls))[Symbol.asyncDispose]();
  for (const socket of sockets) await socket[Symbol.asyncDispose]();
  await (await openSocket(app))[Symbol.asyncDispose]();
});
