import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { thumbHashToAverageRGBA } from 'thumbhash';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fromGlobalId } from '../../../src/domain/ids.ts';
import { createLogoSignatures } from '../../../src/services/renditions/logo-signatures.ts';
import { createCampaign, signUp, startBatch, startTestApp, type TestApp } from '../../support/app.ts';
import { followToEnd, getPosts } from '../../support/batches.ts';
import { post } from '../../support/raw-graphql.ts';

const immutable = 'public, max-age=31536000, immutable';
const label = 'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia';

const secret = 'a secret of this test, with enough characters';

const opened = new AsyncDisposableStack();
let app: TestApp;
let token: string;
let assets: string;
/** A post of a brand with a logo, and one without a brand. */
let branded: string;
let plain: string;
let imageKey: string;
let original: Buffer;
let logoKey: string;
/** A file that is no image. */
let damagedKey: string;

beforeAll(async () => {
  const dataDir = await mkdtemp(`${tmpdir()}/pressrun-test-`);
  opened.defer(() => rm(dataDir, { recursive: true, force: true }));
  assets = join(dataDir, 'assets');
  app = await startTestApp({ DATA_DIR: dataDir, JWT_SECRET: secret });
  const account = await signUp(app);
  ({ token } = account);
  const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 2 });
  await followToEnd(account, batchId);
  const [first, second] = await getPosts(account, { batchId });
  branded = first?.id ?? '';
  plain = second?.id ?? '';
  imageKey = keyOf(first?.imageUrl);
  const red = { create: { width: 60, height: 60, channels: 3, background: '#ff0000' } } as const;
  logoKey = await store(await sharp(red).png().toBuffer());
  damagedKey = await store(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'));
  app = await app.restart(async (prisma) => {
    const { ownerId } = await prisma.post.findUniqueOrThrow({ where: { id: rowOf(branded) } });
    const brand = await prisma.brand.create({ data: { ownerId, name: 'Alpenglow' } });
    const logo = { key: logoKey, corner: 'BOTTOM_RIGHT', widthPercent: 20 };
    await prisma.brandVersion.create({
      data: { brandId: brand.id, number: 1, content: { visual: { logo } } },
    });
    await prisma.post.update({
      where: { id: rowOf(branded) },
      data: { brandId: brand.id, brandVersion: 1, altText: 'A red tin on a table' },
    });
  });
  opened.use(app);
  original = (await send(`/assets/${imageKey}`)).body;
});
afterAll(() => opened.disposeAsync());

const keyOf = (url: string | null | undefined) => new URL(url ?? '').pathname.slice('/assets/'.length);
const rowOf = (id: string) => fromGlobalId(id)?.id ?? '';

async function store(bytes: Buffer): Promise<string> {
  const key = `${createHash('sha256').update(bytes).digest('hex')}.png`;
  await writeFile(join(assets, key), bytes);
  return key;
}

const shown = z.object({
  post: z.object({
    image: z
      .object({
        url: z.string(),
        originalUrl: z.string(),
        width: z.int(),
        height: z.int(),
        altText: z.string().nullable(),
        thumbhash: z.string(),
      })
      .partial(),
  }),
});

async function imageOf(id: string, fields: string) {
  const { data } = await post(
    app,
    { query: `{ post(id: "${id}") { image { ${fields} } } }` },
    { authorization: `Bearer ${token}` },
  );
  return shown.parse(data).post.image;
}

/** The path and query of the address that the API gives for a post's image. */
async function pathOf(id: string, how: string): Promise<string> {
  const { url = '' } = await imageOf(id, `url${how}`);
  expect(url).toMatch(new RegExp(`^${app.url}/renditions/`));
  return url.slice(app.url.length);
}

type Answer = { status: number | undefined; headers: Record<string, unknown>; body: Buffer };

/** Sends a request with the path exactly as it is written, which `fetch` would tidy. */
function send(path: string, method = 'GET', headers: Record<string, string> = {}): Promise<Answer> {
  const { hostname, port } = new URL(app.url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const { statusCode: status, headers: answered } = response;
        resolve({ status, headers: answered, body: Buffer.concat(chunks) });
      });
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** The query of a logo on the image, signed as the API does. */
function logoQuery(placement: string, image = imageKey): string {
  const { sign } = createLogoSignatures([new TextEncoder().encode(secret)]);
  return `?logo=${placement}.${sign(`${image}/${placement}`)}`;
}

/** What has been made until now. */
const kept = async () =>
  new Set(await readdir(join(assets, 'renditions'), { recursive: true }).catch(() => []));

/** Pressrun, and so sharp in this process, reads no AVIF. Its box `ispe` has the width. */
async function widthOf(bytes: Buffer): Promise<number> {
  const box = bytes.indexOf('ispe');
  return box === -1 ? (await sharp(bytes).metadata()).width : bytes.readUInt32BE(box + 8);
}

const starts = { webp: 'WEBP', avif: 'ftypavif', jpg: '\xff\xd8\xff', png: '\x89PNG' };

describe('the image of a post', () => {
  it.each([
    { how: '(width: 160)', format: 'webp', width: 160 },
    { how: '(width: 300, format: AVIF)', format: 'avif', width: 320 },
    { how: '(width: 2000, format: AVIF)', format: 'avif', width: 320 },
    { how: '(width: 640, format: JPEG)', format: 'jpg', width: 640 },
    { how: '(width: 641, format: PNG)', format: 'png', width: 1080 },
    { how: '(width: -1)', format: 'webp', width: 160 },
    { how: '(width: null, format: null)', format: 'webp', width: 1080 },
    { how: '', format: 'webp', width: 1080 },
  ] as const)(
    'url$how is a $format of $width pixels, to be kept for ever',
    async ({ how, format, width }) => {
      const path = await pathOf(plain, how);
      const { status, headers, body } = await send(path);
      expect({ status, path }).toEqual({
        status: 200,
        path: expect.stringMatching(new RegExp(`/${width}\\.${format}$`)),
      });
      expect(headers).toMatchObject({
        'content-type': format === 'jpg' ? 'image/jpeg' : `image/${format}`,
        'content-length': String(body.byteLength),
        'cache-control': immutable,
        'x-content-type-options': 'nosniff',
      });
      expect(body.subarray(0, 16).toString('latin1')).toContain(starts[format]);
      // The simulator draws 1024 pixels: an image is not blown up.
      expect(await widthOf(body)).toBe(Math.min(width, 1024));
    },
  );

  it('is labelled as made by AI in every format, and its original is not touched', async () => {
    const labelled = expect.stringContaining(`Iptc4xmpExt:DigitalSourceType="${label}"`);
    for (const how of ['', '(format: JPEG)', '(format: PNG)']) {
      const { body } = await send(await pathOf(branded, how));
      expect((await sharp(body).metadata()).xmp?.toString()).toEqual(labelled);
    }
    // Pressrun reads no AVIF, but its label is plain text.
    const { body: avif } = await send(await pathOf(branded, '(width: 160, format: AVIF)'));
    const text = avif.toString('latin1');
    expect(text.slice(text.indexOf('<x:xmpmeta'), text.indexOf('</x:xmpmeta>'))).toEqual(labelled);
    const now = (await send(`/assets/${imageKey}`)).body;
    expect(`${createHash('sha256').update(now).digest('hex')}.png`).toBe(imageKey);
  });

  it('says its size, its alt text and a preview that has its colours', async () => {
    const image = await imageOf(branded, 'originalUrl width height altText thumbhash');
    expect(image).toMatchObject({
      originalUrl: `${app.url}/assets/${imageKey}`,
      width: 1024,
      height: 1024,
      altText: 'A red tin on a table',
    });
    const preview = Buffer.from(image.thumbhash ?? '', 'base64');
    expect(preview.byteLength).toBeLessThan(30);
    const average = thumbHashToAverageRGBA(preview);
    const { channels } = await sharp(original).stats();
    const means = channels.map(({ mean }) => mean / 255);
    for (const [index, part] of [average.r, average.g, average.b].entries())
      expect(Math.abs(part - (means[index] ?? 0))).toBeLessThan(0.15);
  });

  it('is described by HEAD as by GET, without the bytes', async () => {
    const path = await pathOf(plain, '(width: 160)');
    const [got, head] = [await send(path), await send(path, 'HEAD')];
    expect(head).toMatchObject({ status: 200, body: Buffer.alloc(0) });
    expect(head.headers).toMatchObject({
      'content-length': got.headers['content-length'],
      etag: got.headers['etag'],
    });
  });

  it('is not sent again to whoever has its ETag', async () => {
    const path = await pathOf(plain, '(width: 160)');
    const etag = String((await send(path)).headers['etag']);
    const again = await send(path, 'GET', { 'if-none-match': `"old", W/${etag}` });
    expect(again).toMatchObject({ status: 304, body: Buffer.alloc(0) });
    expect(again.headers).toMatchObject({ etag, 'cache-control': immutable });
    expect((await send(path, 'GET', { 'if-none-match': '"old"' })).status).toBe(200);
  });
});

describe('the logo of a brand', () => {
  /** Whether the pixel at these shares of width and height is the logo's red. */
  async function isRedAt(bytes: Buffer, x: number, y: number): Promise<boolean> {
    const { data, info } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const at = (Math.floor(y * info.height) * info.width + Math.floor(x * info.width)) * info.channels;
    const [red = 0, green = 0, blue = 0] = data.subarray(at, at + 3);
    return red > 240 && green < 20 && blue < 20;
  }
  const places = { left: 0.13, right: 0.87, top: 0.13, bottom: 0.87 };

  it('stands in its corner, at its size, on the images of posts that were made with it', async () => {
    const path = await pathOf(branded, '(format: PNG, width: 640)');
    expect(path).toMatch(
      new RegExp(`^/renditions/${imageKey}/640.png\\?logo=${logoKey}.BOTTOM_RIGHT.20.[\\w-]{43}$`),
    );
    // To be kept for ever, an address stays the same.
    expect(await pathOf(branded, '(format: PNG, width: 640)')).toBe(path);
    const { body } = await send(path);
    expect(await isRedAt(body, places.right, places.bottom)).toBe(true);
    // From 77 % to 97 % of the width.
    expect(await isRedAt(body, 0.78, places.bottom)).toBe(true);
    expect(await isRedAt(body, 0.755, places.bottom)).toBe(false);
    expect(await isRedAt(body, 0.985, places.bottom)).toBe(false);
    expect(await isRedAt(body, places.left, places.top)).toBe(false);
  });

  it.each([
    ['TOP_LEFT', places.left, places.top],
    ['TOP_RIGHT', places.right, places.top],
    ['BOTTOM_LEFT', places.left, places.bottom],
  ])('can stand %s', async (corner, x, y) => {
    const { body } = await send(`/renditions/${imageKey}/160.png${logoQuery(`${logoKey}.${corner}.20`)}`);
    expect(await isRedAt(body, x, y)).toBe(true);
    expect(await isRedAt(body, 1 - x, 1 - y)).toBe(false);
  });

  it('is on no image of a post without the brand', async () => {
    expect(await pathOf(plain, '')).not.toContain('logo');
  });
});

describe('an address that nobody was given', () => {
  const absent = `${'0'.repeat(64)}.png`;
  const cases: [what: string, status: number, path: () => string][] = [
    ['an image that is not there', 404, () => `/renditions/${absent}/160.webp`],
    ['no image', 404, () => '/renditions/'],
    ['a name in capitals', 404, () => `/renditions/${imageKey.toUpperCase()}/160.webp`],
    ['a way out', 404, () => `/renditions/${imageKey}/../../token-secret`],
    ['an encoded way out', 404, () => `/renditions/${imageKey}/%2e%2e%2f160.webp`],
    ['a way out with backslashes', 404, () => `/renditions/${imageKey}\\..\\160.webp`],
    ['a zero byte', 404, () => `/renditions/${imageKey}/160.webp%00`],
    ['another folder', 404, () => `/renditions/${imageKey}/x/160.webp`],
    ['a made file as an image', 404, () => `/assets/renditions/${imageKey}/160.webp`],
    ['a width that is not in the list', 400, () => `/renditions/${imageKey}/161.webp`],
    ['a width with a zero before it', 400, () => `/renditions/${imageKey}/0160.webp`],
    ['a format that is not in the list', 400, () => `/renditions/${imageKey}/160.gif`],
    ['a format that every object has', 404, () => `/renditions/${imageKey}/160.constructor`],
    ['a wide AVIF', 400, () => `/renditions/${imageKey}/640.avif`],
    ['another parameter', 400, () => `/renditions/${imageKey}/160.webp?v=1`],
    ['two logos', 400, () => `${logo('TOP_LEFT.10')}&logo=${logoKey}.TOP_LEFT.10`],
    ['a logo that is not there', 404, () => on(logoQuery(`${absent}.TOP_LEFT.10`))],
    ['a logo that is a way out', 400, () => on(logoQuery('../x.TOP_LEFT.10'))],
    ['a logo without a signature', 400, () => on(`?logo=${logoKey}.TOP_LEFT.10`)],
    ['a logo with a signature of zeros', 400, () => on(`?logo=${logoKey}.TOP_LEFT.10.${'0'.repeat(43)}`)],
    ['a logo in another corner', 400, () => logo('TOP_LEFT.10').replace('TOP_LEFT', 'TOP_RIGHT')],
    ['a logo at another width', 400, () => logo('TOP_LEFT.10').replace('.10.', '.11.')],
    ['a logo of another image', 400, () => on(logoQuery(`${logoKey}.TOP_LEFT.10`, damagedKey))],
    [
      'another image as a logo',
      400,
      () => logo('TOP_LEFT.10').replace(`logo=${logoKey}`, `logo=${imageKey}`),
    ],
    ['a logo in the middle', 400, () => logo('MIDDLE.10')],
    ['a logo that is too large', 400, () => logo('TOP_LEFT.41')],
    ['a logo that is too small', 400, () => logo('TOP_LEFT.2')],
    ['a logo of a size with a fraction', 400, () => logo('TOP_LEFT.10.5')],
    ['an encoded logo', 400, () => logo('TOP_LEFT%2E10')],
    ['a file that is no image', 422, () => `/renditions/${damagedKey}/160.webp`],
    ['a logo that is no image', 422, () => on(logoQuery(`${damagedKey}.TOP_LEFT.10`))],
  ];
  const on = (query: string) => `/renditions/${imageKey}/160.webp${query}`;
  const logo = (placement: string) => on(logoQuery(`${logoKey}.${placement}`));

  it.each(cases)('%s is answered with %i, and nothing is made', async (_what, status, path) => {
    const before = await kept();
    const { status: answered, body } = await send(path());
    expect(answered).toBe(status);
    expect(body.toString()).toMatch(/^[A-Z].+\.\n$/);
    expect(await kept()).toEqual(before);
  });

  it.each(['POST', 'PUT', 'DELETE'])('%s is refused', async (method) => {
    expect(await send(`/renditions/${imageKey}/160.webp`, method)).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD' },
    });
  });
});
