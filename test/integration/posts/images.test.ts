import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createImages } from '../../../src/services/posts/images.ts';
import { assetKey, openAssets, type AssetStore } from '../../../src/store/assets.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { openWorkshop, type Workshop } from '../../support/workshop.ts';

const opened = new AsyncDisposableStack();
let workshop: Workshop;
let assets: AssetStore;
beforeAll(async () => {
  workshop = opened.use(await openWorkshop());
  const folder = await mkdtemp(`${tmpdir()}/pressrun-test-`);
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  assets = await openAssets({ folder, s3: undefined, baseUrl: undefined });
});
afterAll(() => opened.disposeAsync());

const { signal } = new AbortController();

/** The files, and the same store as one whose removals take until the test lets them end. */
function slowly(store: AssetStore) {
  const gate = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const slow: AssetStore = {
    ...store,
    async remove(key) {
      begun.resolve();
      await gate.promise;
      await store.remove(key);
    },
  };
  return { slow, letRemovalsEnd: gate.resolve, removing: begun.promise };
}

function bytesOf(text: string) {
  const bytes = new TextEncoder().encode(`${text} ${crypto.randomUUID()}`);
  return { bytes, key: assetKey(bytes) };
}

async function age(key: string) {
  await workshop.database.prisma.image.update({ where: { key }, data: { storedAt: new Date(0) } });
}

const imagesOf = (store: AssetStore) =>
  createImages({ database: workshop.database, assets: store, logger: createLogger('silent') });

it('an image that is stored while the same bytes are being removed is there afterwards', async () => {
  const { slow, letRemovalsEnd, removing } = slowly(assets);
  const images = imagesOf(slow);
  const { bytes, key } = bytesOf('shared');
  await images.put(bytes, signal);
  await age(key);
  const removed = images.removeUnused({ keys: [key] }).catch(() => undefined);
  await removing;
  const stored = images.put(bytes, signal);
  // Nothing else waits for the removal.
  expect(await workshop.database.prisma.image.count({ where: { key } })).toBe(1);
  letRemovalsEnd();
  await Promise.all([removed, stored]);
  expect(await assets.has(key)).toBe(true);
  expect(await workshop.database.prisma.image.count({ where: { key } })).toBe(1);
});

it('an image that an earlier version stored without a row is removed when its post goes', async () => {
  const { bytes, key } = bytesOf('of an earlier version');
  await assets.put(bytes);
  await imagesOf(assets).removeUnused({ keys: [key] });
  expect(await assets.has(key)).toBe(false);
});

it('an image whose call was given up stays for as long as its answer may still be written', async () => {
  const images = imagesOf(assets);
  const { bytes, key } = bytesOf('late');
  await images.put(bytes, signal);
  await images.removeAllUnused();
  expect(await assets.has(key)).toBe(true);
  await expect(images.removeUnused({ keys: [key] })).rejects.toThrow('too young');
  await age(key);
  await images.removeAllUnused();
  expect(await assets.has(key)).toBe(false);
});

it('a removal that died in the middle is taken up by another one', async () => {
  const images = imagesOf(assets);
  const { bytes, key } = bytesOf('half removed');
  await images.put(bytes, signal);
  await workshop.database.prisma.image.update({
    where: { key },
    data: { storedAt: new Date(0), removingAt: new Date(0) },
  });
  await images.removeUnused({ keys: [key] });
  expect(await assets.has(key)).toBe(false);
  await images.put(bytes, signal);
  expect(await assets.has(key)).toBe(true);
});

it('the logo of any version of a brand stays until the brand is deleted', async () => {
  const images = imagesOf(assets);
  const { prisma } = workshop.database;
  const [logo, other] = [bytesOf('logo'), bytesOf('other')];
  for (const { bytes, key } of [logo, other]) {
    await images.put(bytes, signal);
    await age(key);
  }
  const { viewer } = await workshop.addAccount();
  const visual = { logo: { key: logo.key, corner: 'TOP_LEFT', widthPercent: 10 } };
  const versions = {
    create: [
      { number: 1, content: { visual } },
      { number: 2, content: {} },
    ],
  };
  const { id } = await prisma.brand.create({
    data: { ownerId: viewer.workspaceId, name: 'Fernway', version: 2, versions },
  });
  await images.removeAllUnused();
  expect([await assets.has(logo.key), await assets.has(other.key)]).toEqual([true, false]);
  await prisma.brand.delete({ where: { id } });
  await images.removeAllUnused();
  expect(await assets.has(logo.key)).toBe(false);
});
