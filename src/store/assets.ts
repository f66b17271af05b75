import { createHash } from 'node:crypto';
import { Disk } from 'flydrive';
import { FSDriver } from 'flydrive/drivers/fs';

/** Where finished pictures are kept, under a name made from their content. */
export type AssetStore = {
  /** Stores a picture and returns its key; the same bytes always have the same key. */
  put(bytes: Uint8Array): Promise<string>;
  has(key: string): Promise<boolean>;
  /** @returns the bytes, or undefined where there is no such asset. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** Does nothing where there is no such asset. */
  remove(key: string): Promise<void>;
  /**
   * The public address of a key.
   *
   * @param origin of the server that is asked, such as `http://127.0.0.1:4000`; stands in where no base is set.
   */
  urlOf(key: string, origin: string): string;
};

/** The name that a picture is stored under. */
export function assetKey(bytes: Uint8Array): string {
  return `${createHash('sha256').update(bytes).digest('hex')}.png`;
}

const assetKeyPattern = /^[0-9a-f]{64}\.png$/;

/**
 * @param settings.folder absolute; used where no S3-compatible store is set.
 * @param settings.baseUrl what stands before `/KEY` in addresses, such as a CDN; undefined: the server's own `/assets`.
 */
export async function openAssets(settings: {
  folder: string;
  s3: { bucket: string; region: string; endpoint: string | undefined } | undefined;
  baseUrl: string | undefined;
}): Promise<AssetStore> {
  const disk = new Disk(await driver(settings));
  const has = async (key: string) => assetKeyPattern.test(key) && (await disk.exists(key));
  return {
    async put(bytes) {
      const key = assetKey(bytes);
      await disk.put(key, bytes, {
        contentType: 'image/png',
        cacheControl: 'public, max-age=31536000, immutable',
      });
      return key;
    },
    has,
    async remove(key) {
      if (await has(key)) await disk.delete(key);
    },
    get: async (key) => ((await has(key)) ? disk.getBytes(key) : undefined),
    urlOf: (key, origin) => `${settings.baseUrl ?? `${origin}/assets`}/${key}`,
  };
}

/** The SDK waits for ever otherwise, and with it the post whose picture is being stored. It tries three times. */
const s3Patience = {
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
    requestHandler: s3Patience,
    ...(s3.endpoint === undefined ? {} : { endpoint: s3.endpoint, forcePathStyle: true }),
  });
}
