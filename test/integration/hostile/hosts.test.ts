import { once } from 'node:events';
import { describe, expect } from 'vitest';
import { WebSocket } from 'ws';
import { type TestApp } from '../../support/app.ts';
import { test as base } from '../../support/fixtures.ts';
import { exchange } from '../../support/raw-http.ts';

const test = base.extend('settings', { scope: 'file' }, () => ({
  ALLOWED_HOSTS: 'api.example.com',
  ASSET_BASE_URL: 'https://pictures.example.com/p',
}));

const query = { method: 'POST', body: '{"query":"{ me { id } }"}' };
const post = (app: TestApp, host: string, headers = {}) =>
  exchange(`${app.url}/graphql`, {
    ...query,
    headers: { 'content-type': 'application/json', host, ...headers },
  });

describe('a request', () => {
  test.for(['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example:4000', 'evil', 'a b', '::1'])(
    'for the host %s is refused, and told what would allow it',
    async (host, { app }) => {
      const { status, body } = await post(app, host);
      expect(status).toBe(421);
      expect(body.toString()).toContain('ALLOWED_HOSTS');
    },
  );

  test('of a page whose own name points here is refused, though its origin fits', async ({ app }) => {
    expect((await post(app, 'evil.example', { origin: 'http://evil.example' })).status).toBe(421);
  });

  test.for([
    'localhost',
    'LOCALHOST:4000',
    'app.localhost',
    '127.0.0.1',
    '192.168.1.5:80',
    '[::1]:4000',
    'API.example.com',
    'api.example.com.:443',
    'pictures.example.com',
  ])('for the host %s is served', async (host, { app }) => {
    expect((await post(app, host)).status).toBe(200);
  });

  test('for another host is answered by the health checks, which probes send to addresses', async ({
    app,
  }) => {
    const { status } = await exchange(`${app.url}/health/live`, { headers: { host: 'evil.example' } });
    expect(status).toBe(200);
  });

  test('for a WebSocket of another host is refused', async ({ app }) => {
    const url = `${app.url.replace('http', 'ws')}/graphql`;
    const socket = new WebSocket(url, 'graphql-transport-ws', {
      headers: { host: 'evil.example', origin: 'http://evil.example' },
    });
    const [, response] = await once(socket, 'unexpected-response');
    expect(Object(response).statusCode).toBe(421);
  });
});
