import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from '@20minutes/s3rver';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';

const bucket = 'pictures';
/** The only account that the server knows. */
const account = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

export type S3Store = AsyncDisposable & {
  /** What makes Pressrun keep its pictures here. */
  settings: Record<string, string>;
  object(
    key: string,
  ): Promise<{ type: string | undefined; cacheControl: string | undefined; bytes: Uint8Array }>;
};

/**
 * Starts a server that speaks S3, with one empty bucket.
 *
 * @param options.checksSignatures it takes right ones of requests about the whole bucket, such as to list it, for wrong.
 */
export async function startS3({ checksSignatures = true } = {}): Promise<S3Store> {
  await using opened = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'pressrun-s3-'));
  opened.defer(() => rm(directory, { recursive: true, force: true }));
  const configureBuckets = [{ name: bucket, configs: [] }];
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory,
    configureBuckets,
    allowMismatchedSignatures: !checksSignatures,
  });
  const { port } = await server.run();
  opened.defer(() => server.close());
  const endpoint = `http://127.0.0.1:${port}`;
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials: account });
  opened.defer(() => client.destroy());
  const running = opened.move();
  return {
    settings: {
      ASSET_S3_BUCKET: bucket,
      ASSET_S3_ENDPOINT: endpoint,
      AWS_ACCESS_KEY_ID: account.accessKeyId,
      AWS_SECRET_ACCESS_KEY: account.secretAccessKey,
    },
    async object(key) {
      const { Body, ContentType, CacheControl } = await client.send(
        new GetObjectCommand({ Bucket: bucket, Key: key }),
      );
      if (Body === undefined) throw new Error(`${key} has no content`);
      return { type: ContentType, cacheControl: CacheControl, bytes: await Body.transformToByteArray() };
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
