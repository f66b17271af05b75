import { createHash } from 'node:crypto';
import { Disk } from 'flydrive';
import { FSDriver } from 'flydrive/drivers/fs';

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
  /** Removes an image, if it is there. */
  remove(key: string): Promise<void>;
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

const assetKeyPattern = /^[0-9a-f]{64}\.png$/;

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
  const has = async (key: string) => assetKeyPattern.test(key) && (await disk.exists(key));
  async function put(bytes: Uint8Array): Promise<string> {
    const key = assetKey(bytes);
    await disk.put(key, bytes, {
      contentType: 'image/png',
      cacheControl: 'public, max-age=31536000, immutable',
    });
    return key;
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
      if (await has(key)) await disk.delete(key);
    },
    get: async (key) => ((await has(key)) ? disk.getBytes(key) : undefined),
    urlOf: (key, origin) => `${settings.baseUrl ?? `${origin}/assets`}/${key}`,
  };
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
