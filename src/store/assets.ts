import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Disk } from 'flydrive';
import { FSDriver } from 'flydrive/drivers/fs';
import { imageKeyPattern } from '../domain/images/rendition.ts';

/** Stores images, each under a name that is made from its content. */
export type AssetStore = {
  /** Stores an image. @returns its key; the same bytes always have the same key. */
  put(bytes: Uint8Array): Promise<string>;
  has(key: string): Promise<boolean>;
  /** @returns the bytes; undefined if there is no such image. */
  get(key: string): Promise<Uint8Array | undefined>;
  /**
   * Stores an image in the S3-compatible store and reads it back, until that has worked once: an outage later is no reason
   * to answer no requests. The image stays there.
   *
   * @throws the store's error, such as missing credentials.
   */
  probe(): Promise<void>;
  /** Removes an image, if it is there, and then its renditions. */
  remove(key: string): Promise<void>;
  /** Removes the renditions of an image, and never the image. */
  removeRenditions(key: string): Promise<void>;
  /** @returns the bytes of a rendition (domain/images/rendition.ts); undefined if none is kept under this name. */
  getRendition(name: string): Promise<Uint8Array | undefined>;
  /** Keeps a rendition until its image is removed. */
  putRendition(name: string, bytes: Uint8Array, contentType: string): Promise<void>;
  /**
   * Returns the public address of a key.
   *
   * @param origin of this server, such as `http://127.0.0.1:4000`; used if no `baseUrl` is set.
   */
  urlOf(key: string, origin: string): string;
};

/** @returns the key of an image: its SHA-256 with `.png`. */
export function assetKey(bytes: Uint8Array): string {
  return `${createHash('sha256').update(bytes).digest('hex')}.png`;
}

/** A PNG of one transparent pixel. */
const smallestImage = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAAC0lEQVR42mNgAAIAAAUAAen63NgAAAAASUVORK5CYII=',
  'base64',
);

const renditionFolder = 'renditions';

/**
 * Opens the asset store: a folder, or an S3-compatible store.
 *
 * @param settings.folder absolute; used without `s3`.
 * @param settings.baseUrl the part of addresses before `/KEY`, such as a CDN's; undefined: this server's `/assets`.
 */
export async function openAssets(settings: {
  folder: string;
  s3: { bucket: string; region: string; endpoint: string | undefined } | undefined;
  baseUrl: string | undefined;
}): Promise<AssetStore> {
  const disk = new Disk(await driver(settings));
  let worked: Promise<void> | undefined;
  const has = async (key: string) => imageKeyPattern.test(key) && (await disk.exists(key));
  async function write(path: string, bytes: Uint8Array, contentType: string): Promise<void> {
    if (settings.s3 === undefined) return writeWhole(join(settings.folder, path), bytes);
    await disk.put(path, bytes, { contentType, cacheControl: 'public, max-age=31536000, immutable' });
  }
  async function put(bytes: Uint8Array): Promise<string> {
    const key = assetKey(bytes);
    await write(key, bytes, 'image/png');
    return key;
  }
  async function removeRenditions(key: string): Promise<void> {
    if (imageKeyPattern.test(key)) await disk.deleteAll(`${renditionFolder}/${key}`);
  }
  async function tryOut(): Promise<void> {
    await disk.getBytes(await put(smallestImage));
  }
  return {
    put,
    has,
    async probe() {
      if (settings.s3 === undefined) return;
      worked ??= tryOut().catch((error: unknown) => {
        worked = undefined;
        throw error;
      });
      await worked;
    },
    async remove(key) {
      if (!imageKeyPattern.test(key)) return;
      // In this order: who makes a rendition looks for the image afterwards.
      await disk.delete(key);
      await removeRenditions(key);
    },
    removeRenditions,
    async getRendition(name) {
      const path = `${renditionFolder}/${name}`;
      return (await disk.exists(path)) ? disk.getBytes(path) : undefined;
    },
    putRendition: (name, bytes, contentType) => write(`${renditionFolder}/${name}`, bytes, contentType),
    get: async (key) => ((await has(key)) ? disk.getBytes(key) : undefined),
    urlOf: (key, origin) => `${settings.baseUrl ?? `${origin}/assets`}/${key}`,
  };
}

/** Nobody reads a half of what is being written, and a crash leaves none under its name. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const whole = `${path}.${randomUUID()}`;
  await writeFile(whole, bytes);
  await rename(whole, path);
}

/** Without timeouts the SDK would wait for ever. It tries three times. */
const s3Timeouts = {
  connectionTimeout: 2_000,
  requestTimeout: 5_000,
  throwOnRequestTimeout: true,
  socketTimeout: 5_000,
} as const;

async function driver(settings: Parameters<typeof openAssets>[0]) {
  const { s3 } = settings;
  if (s3 === undefined) return new FSDriver({ location: settings.folder, visibility: 'private' });
  const { S3Driver } = await import('flydrive/drivers/s3');
  return new S3Driver({
    bucket: s3.bucket,
    region: s3.region,
    visibility: 'private',
    supportsACL: false,
    requestHandler: s3Timeouts,
    ...(s3.endpoint === undefined ? {} : { endpoint: s3.endpoint, forcePathStyle: true }),
  });
}
