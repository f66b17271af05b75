import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ServiceUnavailableError } from '../../../src/domain/errors/errors.ts';
import { RenditionsBusyError } from '../../../src/domain/images/errors.ts';
import type { Rendition } from '../../../src/domain/images/rendition.ts';
import { drawingRoom } from '../../../src/services/renditions/draw.ts';
import { createRenditions } from '../../../src/services/renditions/renditions.ts';
import { openAssets, type AssetStore } from '../../../src/store/assets.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';

const opened = new AsyncDisposableStack();
let assets: AssetStore;
beforeAll(async () => {
  const folder = await mkdtemp(`${tmpdir()}/pressrun-test-`);
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  assets = await openAssets({ folder, s3: undefined, baseUrl: undefined });
});
afterAll(() => opened.disposeAsync());

/** Each of another colour, and so with a key of its own. */
async function addImage(number: number): Promise<string> {
  const background = { r: number, g: 0, b: 0 };
  const image = sharp({ create: { width: 200, height: 100, channels: 3, background } });
  return assets.put(await image.png().toBuffer());
}

const thumbnail = (imageKey: string): Rendition => ({
  imageKey,
  width: 160,
  format: 'webp',
  logo: undefined,
});

/** The store, with what this test needs to see or to stop. */
function renditionsIn(changes: Partial<AssetStore>) {
  const logger = createLogger('silent');
  return createRenditions({ assets: { ...assets, ...changes }, room: drawingRoom(), logger });
}

it('fifty who ask at once get one rendition, which is made once', async () => {
  const imageKey = await addImage(1);
  let made = 0;
  const renditions = renditionsIn({
    putRendition(...file) {
      made += 1;
      return assets.putRendition(...file);
    },
  });
  const got = await Promise.all(Array.from({ length: 50 }, () => renditions.get(thumbnail(imageKey))));
  expect(new Set(got).size).toBe(1);
  expect(await renditions.get(thumbnail(imageKey))).toEqual(new Uint8Array(got[0] ?? []));
  expect(made).toBe(1);
});

it('more than a process can draw are refused by name, and drawn later', async () => {
  const keys = await Promise.all(Array.from({ length: 40 }, (_, index) => addImage(50 + index)));
  const gate = Promise.withResolvers<void>();
  let readAtOnce = 0;
  const renditions = renditionsIn({
    async get(key) {
      readAtOnce += 1;
      await gate.promise;
      return assets.get(key);
    },
  });
  const asked = keys.map((key) => renditions.get(thumbnail(key)));
  const refused = await Promise.any(
    asked.map((one) =>
      one.then(
        () => Promise.reject(),
        (error) => error,
      ),
    ),
  );
  expect(refused).toBeInstanceOf(RenditionsBusyError);
  expect(readAtOnce).toBe(2);
  gate.resolve();
  const answers = await Promise.allSettled(asked);
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(34);
  for (const key of keys) expect(await renditions.get(thumbnail(key))).toBeDefined();
});

it('a store that does not answer is named, and asked again', async () => {
  const imageKey = await addImage(2);
  let isAway = true;
  const renditions = renditionsIn({
    get: (key) => (isAway ? Promise.reject(new Error('no answer')) : assets.get(key)),
  });
  await expect(renditions.get(thumbnail(imageKey))).rejects.toThrow(ServiceUnavailableError);
  isAway = false;
  expect(await renditions.get(thumbnail(imageKey))).toBeDefined();
});

it('a rendition that cannot be kept is shown all the same', async () => {
  const imageKey = await addImage(3);
  const renditions = renditionsIn({ putRendition: () => Promise.reject(new Error('read only')) });
  expect(await renditions.get(thumbnail(imageKey))).toBeDefined();
});

it('renditions go with their image, also one that is made while it goes', async () => {
  const imageKey = await addImage(4);
  const rendition = thumbnail(imageKey);
  expect(await renditionsIn({}).get(rendition)).toBeDefined();
  const name = `${imageKey}/160.webp`;
  expect(await assets.getRendition(name)).toBeDefined();
  await assets.remove(imageKey);
  expect(await assets.getRendition(name)).toBeUndefined();
  expect(await renditionsIn({}).get(rendition)).toBeUndefined();

  await addImage(4);
  await renditionsIn({
    async putRendition(...file) {
      await assets.remove(imageKey);
      await assets.putRendition(...file);
    },
  }).get(rendition);
  expect(await assets.getRendition(name)).toBeUndefined();
});

it('an image that comes back while a rendition of it is made stays', async () => {
  const imageKey = await addImage(5);
  const renditions = renditionsIn({
    async has(key) {
      await assets.remove(key);
      const isThere = await assets.has(key);
      await addImage(5);
      return isThere;
    },
  });
  await renditions.get(thumbnail(imageKey));
  expect(await assets.has(imageKey)).toBe(true);
  expect(await assets.getRendition(`${imageKey}/160.webp`)).toBeUndefined();
});
