import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect } from 'vitest';
import { test as base } from '../../support/fixtures.ts';
import { post } from '../../support/raw-graphql.ts';

const test = base.extend('settings', { scope: 'file' }, () => ({ NODE_ENV: 'development' }));

const query = '{ __typename }';
const advice = 'set ALLOWED_ORIGINS to the origins of such pages';
const loopback = [
  'http://localhost:5173',
  'https://app.localhost',
  'http://127.0.0.1:3000',
  'http://[::1]:8080',
];
const foreign = [
  'https://app.example.com',
  'http://localhost.example.com',
  'http://127.0.0.1.example.com',
  'null',
];

describe('in development', () => {
  test.for(loopback)('a page of %s may call', async (origin, { app }) => {
    const { status, headers } = await post(app, { query }, { origin });
    expect(status).toBe(200);
    expect(headers.get('access-control-allow-origin')).toBe(origin);
  });

  test.for(foreign)('a page of %s may not, and is told which setting decides', async (origin, { app }) => {
    const { status, errors } = await post(app, { query }, { origin });
    expect(status).toBe(403);
    expect(errors[0]?.message).toContain(advice);
  });

  test('a refused WebSocket is told which setting decides', async ({ app }) => {
    const opening = request(`${app.url}/graphql`, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        origin: 'https://app.example.com',
      },
    }).end();
    const [response]: IncomingMessage[] = await once(opening, 'response');
    expect(response?.statusCode).toBe(403);
    expect(response === undefined ? '' : await text(response)).toContain(advice);
  });
});
