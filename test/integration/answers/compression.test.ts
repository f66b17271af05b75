import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createCampaign,
  signUp,
  startBatch,
  startTestApp,
  type Account,
  type TestApp,
} from '../../support/app.ts';
import { followToEnd } from '../../support/batches.ts';
import { exchange, open, textOf } from '../../support/raw-http.ts';

let app: TestApp;
let account: Account;
let batchId: string;
beforeAll(async () => {
  app = await startTestApp();
  account = await signUp(app);
  batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 20 });
  await followToEnd(account, batchId);
});
afterAll(() => app[Symbol.asyncDispose]());

const large = '{ posts { edges { node { id caption hashtags imageUrl targetAudience } } } }';

function request(query: string, headers: Record<string, string>, variables?: object) {
  return {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${account.token}`,
      ...headers,
    },
    body: JSON.stringify({ query, variables }),
  };
}

const ask = (query: string, headers: Record<string, string> = {}) =>
  exchange(account.url, request(query, headers));

describe('a large answer', () => {
  it.each([
    ['br', 'gzip, deflate, br'],
    ['gzip', 'gzip'],
    ['gzip', 'br;q=0, gzip;q=0.5'],
  ])('is compressed by %s for a client that accepts: %s', async (encoding, accepted) => {
    const plain = await ask(large);
    const compressed = await ask(large, { 'accept-encoding': accepted });
    expect(compressed.headers['content-encoding']).toBe(encoding);
    expect(compressed.headers.vary).toBe('Origin, Accept-Encoding');
    expect(compressed.body.byteLength).toBeLessThan(plain.body.byteLength / 2);
    expect(textOf(compressed)).toBe(plain.body.toString());
  });

  it.each(['identity', 'gzip;q=0', 'zstd'])(
    'is sent as it is to a client that accepts: %s',
    async (accepted) => {
      const { headers, body } = await ask(large, { 'accept-encoding': accepted });
      expect(headers['content-encoding']).toBeUndefined();
      expect(headers.vary).toBe('Origin, Accept-Encoding');
      expect(JSON.parse(body.toString())).toHaveProperty('data.posts.edges.length', 20);
    },
  );

  it('is compressed as application/graphql-response+json as well', async () => {
    const accept = 'application/graphql-response+json';
    const { headers } = await ask(large, { accept, 'accept-encoding': 'gzip' });
    expect(headers).toMatchObject({
      'content-type': expect.stringContaining(accept),
      'content-encoding': 'gzip',
    });
  });

  it('is not compressed where it carries tokens, and nobody is to keep it', async () => {
    const input = '{ email: "nobody@example.com", password: "wrong horse" }';
    const { refreshToken } = JSON.parse(textOf(await logInAnew())).data.login;
    const noise = Array.from(
      { length: 15 },
      (_, n) => `a${n}: login(input: ${input}) { ...on Error { message } }`,
    );
    const { headers, body } = await ask(
      `mutation { ${noise.join(' ')} refresh(refreshToken: "${refreshToken}") { ... on Login { accessToken } } }`,
      { 'accept-encoding': 'gzip' },
    );
    expect(body.byteLength).toBeGreaterThan(1024);
    expect(body.toString()).toContain('accessToken');
    expect(headers['content-encoding']).toBeUndefined();
    expect(headers['cache-control']).toBe('no-store, no-transform');
  });
});

it('a small answer is not compressed', async () => {
  const { headers, body } = await ask('{ me { id } }', { 'accept-encoding': 'gzip, br' });
  expect(headers['content-encoding']).toBeUndefined();
  expect(JSON.parse(body.toString())).toEqual({ data: { me: { id: account.id } } });
});

it('a refusal is not compressed', async () => {
  const headers = { 'content-type': 'text/plain', 'accept-encoding': 'gzip' };
  const refusal = await exchange(account.url, { method: 'POST', headers, body: 'x' });
  expect(refusal).toMatchObject({ status: 415 });
  expect(refusal.headers['content-encoding']).toBeUndefined();
});

it('GraphiQL’s page is compressed', async () => {
  const page = await exchange(account.url, { headers: { accept: 'text/html', 'accept-encoding': 'br' } });
  expect(page.headers['content-encoding']).toBe('br');
  expect(textOf(page).trimStart().slice(0, 15)).toBe('<!doctype html>');
});

describe('an export', () => {
  const download = (format: string, accepted: string) =>
    exchange(`${app.url}/export/batches/${batchId}.${format}`, {
      headers: { authorization: `Bearer ${account.token}`, 'accept-encoding': accepted },
    });

  it.each(['csv', 'jsonl'])('as %s is compressed, and the same after', async (format) => {
    const compressed = await download(format, 'gzip');
    expect(compressed.headers['content-encoding']).toBe('gzip');
    expect(textOf(compressed)).toBe((await download(format, 'identity')).body.toString());
  });

  it('as ZIP is not compressed once more', async () => {
    const { headers, body } = await download('zip', 'gzip');
    expect(headers['content-encoding']).toBeUndefined();
    expect(body.subarray(0, 2).toString()).toBe('PK');
  });
});

it('a picture is not compressed', async () => {
  const answer = await ask(large);
  const { imageUrl } = JSON.parse(answer.body.toString()).data.posts.edges[0].node;
  const { headers } = await exchange(imageUrl, { headers: { 'accept-encoding': 'gzip' } });
  expect(headers).toMatchObject({ 'content-type': 'image/png' });
  expect(headers['content-encoding']).toBeUndefined();
});

it('an event stream is not compressed, and each event arrives at once', async () => {
  const query = 'subscription($id: ID!) { batchEvents(batchId: $id) { __typename } }';
  // A batch that waits: nothing but its snapshot is sent, and the stream stays open.
  app.simulator.control.setLatency({ imageLatencyMs: { p05: 60_000, p95: 60_000 } });
  const id = await startBatch(account, { campaignId: await createCampaign(account), postCount: 500 });
  const headers = { accept: 'text/event-stream', 'accept-encoding': 'gzip, br' };
  const stream = await open(account.url, request(query, headers, { id }));
  expect(stream.headers['content-type']).toBe('text/event-stream');
  expect(stream.headers['content-encoding']).toBeUndefined();
  let text = '';
  for await (const piece of stream) {
    text += String(piece);
    if (text.includes('BatchSnapshotEvent')) break;
  }
  expect(text).toContain('event: next');
});

async function logInAnew() {
  const { email } = account;
  const fields = 'login(input: $input) { ... on Login { refreshToken } }';
  return exchange(
    account.url,
    request(
      `mutation($input: CredentialsInput!) { ${fields} }`,
      {},
      { input: { email, password: 'correct horse' } },
    ),
  );
}
