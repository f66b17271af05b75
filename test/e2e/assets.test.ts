import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openAssets } from '../../src/store/assets.ts';
import { createCampaign, signUp, startBatch } from '../support/app.ts';
import { followToEnd, getPosts } from '../support/batches.ts';
import { createHome, type Home } from '../support/e2e/home.ts';
import { startPressrun, type Pressrun } from '../support/e2e/pressrun.ts';
import { startS3, type S3Store } from '../support/e2e/s3.ts';
import { startSilentServer } from '../support/e2e/silent-server.ts';
import { waitUntil } from '../support/services/wait-until.ts';

const immutable = 'public, max-age=31536000, immutable';

let s3: S3Store;
beforeAll(async () => {
  s3 = await startS3();
});
afterAll(() => s3[Symbol.asyncDispose]());

it('an instance without credentials for its store is not ready, and says why', async () => {
  await using home = await createHome();
  const { AWS_ACCESS_KEY_ID: _id, ...settings } = s3.settings;
  const app = await startPressrun(home, { ...settings, AWS_EC2_METADATA_DISABLED: 'true' });
  await waitUntil('the reason to be in the log', () =>
    JSON.stringify(app.log()).includes('Could not load credentials'),
  );
  const response = await fetch(`${app.url}/health/ready`);
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ status: 'not ready', images: 'down' });
});

describe.each([
  {
    store: 'a local folder',
    settings: () => ({}),
    stored: (home: Home, key: string) => readFile(join(home.dataDir, 'assets', key)),
  },
  {
    store: 'an S3-compatible store',
    settings: () => s3.settings,
    stored: async (_home: Home, key: string) => (await s3.object(key)).bytes,
  },
])('pictures in $store', ({ settings, stored }) => {
  let home: Home;
  let app: Pressrun;
  let addresses: string[];
  beforeAll(async () => {
    home = await createHome();
    app = await startPressrun(home, settings());
    addresses = await pictureAddresses(app, 3);
  });
  afterAll(() => home[Symbol.asyncDispose]());

  /** One of them, as `/assets/KEY`. */
  const picturePath = () => new URL(addresses[0] ?? '').pathname;

  it('land there, each under a name made from its content', async () => {
    expect(new Set(addresses).size).toBe(3);
    for (const address of addresses) {
      const bytes = await (await fetch(address)).bytes();
      const key = `${createHash('sha256').update(bytes).digest('hex')}.png`;
      expect(address).toBe(`${app.url}/assets/${key}`);
      expect(Buffer.compare(await stored(home, key), bytes)).toBe(0);
    }
  });

  it('are served as PNG, to be kept for ever', async () => {
    const response = await fetch(app.url + picturePath());
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/png',
      'cache-control': immutable,
      'x-content-type-options': 'nosniff',
    });
    const bytes = await response.bytes();
    expect(response.headers.get('content-length')).toBe(String(bytes.byteLength));
    expect(Buffer.from(bytes.subarray(0, 8)).toString('latin1')).toBe('\u0089PNG\r\n\u001a\n');
  });

  it('are described by HEAD as by GET, without the bytes', async () => {
    const [got, head] = await Promise.all(['GET', 'HEAD'].map((method) => send(app, method, picturePath())));
    expect(head?.headers).toMatchObject({
      'content-type': 'image/png',
      'content-length': got?.headers['content-length'],
      etag: got?.headers.etag,
    });
    expect(head?.length).toBe(0);
  });

  it.each([
    ['as it was sent', (etag: string) => etag],
    ['weakened by a proxy', (etag: string) => `W/${etag}`],
    ['among others', (etag: string) => `"an-older-one", ${etag}`],
    ['as any', () => '*'],
  ])('are not sent again to whoever has the ETag, %s', async (_how, condition) => {
    const { headers } = await send(app, 'GET', picturePath());
    const again = await send(app, 'GET', picturePath(), { 'if-none-match': condition(headers.etag ?? '') });
    expect(again).toMatchObject({
      status: 304,
      headers: { etag: headers.etag, 'cache-control': immutable },
      length: 0,
    });
  });

  it('are kept in other sizes beside them, once somebody has asked', async () => {
    const key = picturePath().slice('/assets/'.length);
    const response = await fetch(`${app.url}/renditions/${key}/320.webp`);
    expect(response.status).toBe(200);
    const bytes = await response.bytes();
    expect(Buffer.from(bytes).subarray(8, 12).toString()).toBe('WEBP');
    expect(Buffer.compare(await stored(home, `renditions/${key}/320.webp`), bytes)).toBe(0);
    expect(Buffer.compare(await (await fetch(response.url)).bytes(), bytes)).toBe(0);
  });

  it('are sent to whoever has another ETag', async () => {
    const { status } = await send(app, 'GET', picturePath(), { 'if-none-match': '"an-older-one"' });
    expect(status).toBe(200);
  });

  it.each([
    ['one that is not there', `/assets/${'0'.repeat(64)}.png`],
    ['no name', '/assets/'],
    ['a folder', '/assets/.'],
    ['a way out', '/assets/../token-secret'],
    ['an encoded way out', '/assets/%2e%2e%2ftoken-secret'],
    ['a doubly encoded way out', '/assets/%252e%252e%252ftoken-secret'],
    ['a way out with backslashes', '/assets/..\\token-secret'],
    ['an absolute path', '/assets//etc/passwd'],
    ['a zero byte', `/assets/${'0'.repeat(64)}.png%00`],
    ['a name in capitals', `/assets/${'A'.repeat(64)}.PNG`],
  ])('answer 404 for %s', async (_what, path) => {
    expect(await send(app, 'GET', path)).toMatchObject({ status: 404 });
    expect(
      await send(app, 'GET', path, { 'if-none-match': `"${path.slice('/assets/'.length)}"` }),
    ).toMatchObject({ status: 404 });
  });

  it.each(['POST', 'PUT', 'DELETE'])('refuse %s', async (method) => {
    expect(await send(app, method, picturePath())).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD' },
    });
    expect(await send(app, 'GET', picturePath())).toMatchObject({ status: 200 });
  });
});

describe('an S3-compatible store', () => {
  it('gets type and caching with each picture, for a CDN that reads the bucket', async () => {
    await using home = await createHome();
    const cdn = 'https://cdn.example.com/pressrun';
    const app = await startPressrun(home, { ...s3.settings, ASSET_BASE_URL: `${cdn}/` });
    const [address = ''] = await pictureAddresses(app, 1);
    expect(address).toMatch(new RegExp(`^${cdn}/[0-9a-f]{64}\\.png$`));
    const { type, cacheControl, bytes } = await s3.object(address.slice(`${cdn}/`.length));
    expect({ type, cacheControl }).toEqual({ type: 'image/png', cacheControl: immutable });
    expect(address).toContain(createHash('sha256').update(bytes).digest('hex'));
  });

  it('loses the other sizes of a picture with it', async () => {
    await using store = await startS3({ checksSignatures: false });
    for (const [name, value] of Object.entries(store.settings)) vi.stubEnv(name, value);
    const { ASSET_S3_BUCKET: bucket = '', ASSET_S3_ENDPOINT: endpoint } = store.settings;
    const assets = await openAssets({
      folder: '',
      baseUrl: undefined,
      s3: { bucket, region: 'us-east-1', endpoint },
    });
    const [key, another] = [await assets.put(Buffer.from('one')), await assets.put(Buffer.from('two'))];
    const names = [`${key}/160.webp`, `${key}/${another}.TOP_LEFT.9/160.webp`, `${another}/160.webp`];
    for (const name of names) await assets.putRendition(name, Buffer.from(name), 'image/webp');
    expect(await store.object(`renditions/${key}/160.webp`)).toMatchObject({
      type: 'image/webp',
      cacheControl: immutable,
    });
    await assets.remove(key);
    const left = await Promise.all(names.map((name) => assets.getRendition(name)));
    expect(left.map((bytes) => bytes !== undefined)).toEqual([false, false, true]);
    vi.unstubAllEnvs();
  });

  it('that hangs makes a picture an error after a while, and nothing else', async () => {
    await using home = await createHome();
    await using silent = await startSilentServer();
    const endpoint = `http://127.0.0.1:${silent.port}`;
    const app = await startPressrun(home, { ...s3.settings, ASSET_S3_ENDPOINT: endpoint });
    const picture = send(app, 'GET', `/assets/${'0'.repeat(64)}.png`);
    const rendition = send(app, 'GET', `/renditions/${'0'.repeat(64)}.png/160.webp`);
    await signUp(app);
    expect(await rendition).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(await picture).toMatchObject({ status: 500 });
  });
});

/** Makes a batch of posts and returns where their pictures are. */
async function pictureAddresses(app: Pressrun, postCount: number): Promise<string[]> {
  const account = await signUp(app);
  const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount });
  await followToEnd(account, batchId);
  const posts = await getPosts(account, { batchId, status: ['COMPLETED'] });
  expect(posts).toHaveLength(postCount);
  return posts.map(({ imageUrl }) => imageUrl ?? '');
}

type Answer = {
  status: number | undefined;
  headers: Record<string, string | string[] | undefined> & { etag?: string | undefined };
  /** Bytes of the body. */
  length: number;
};

/** Sends a request with the path exactly as it is written, which `fetch` would tidy. */
function send(
  app: Pressrun,
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const { hostname, port } = new URL(app.url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path, headers, agent: false }, (response) => {
      let length = 0;
      response.on('data', (chunk: Buffer) => (length += chunk.byteLength));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, length }));
    });
    sent.on('error', reject);
    sent.end();
  });
}
