import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Session } from '../../client/index.ts';
import type { Brief } from './input/brief.ts';
import { drawPage } from './page.ts';
import type { Product } from './order/job.ts';
import { count } from './text.ts';

/** The folder for the posts cannot be used. The message says what to do. */
class FolderError extends Error {
  override readonly name = 'FolderError';
}

/** Where a demo leaves its posts. */
export type Folder = {
  path: string;
  /** Keeps the image of the post at this position. */
  keepImage(position: number, bytes: Uint8Array): Promise<void>;
  /**
   * Writes `index.html`, and the batch's exports `posts.csv` and `posts.zip`.
   *
   * @throws Error if an export cannot be read.
   */
  finish(made: {
    origin: string;
    session: Session;
    batchId: string;
    brief: Brief;
    /** With the posts that are left. */
    product: Product;
    isSimulated: boolean;
    signal: AbortSignal;
  }): Promise<void>;
  /** Removes the folder if nothing was kept in it. */
  removeIfEmpty(): Promise<void>;
};

/**
 * Creates the folder, which must be new or empty: nothing of an earlier run is mixed with this one.
 *
 * @throws FolderError
 */
export async function createFolder(path: string): Promise<Folder> {
  try {
    await mkdir(path, { recursive: true });
    const found = await readdir(path);
    if (found.length > 0) throw new FolderError(`--out ${path}: the folder is not empty. Name a new one.`);
    await mkdir(join(path, 'images'));
  } catch (error) {
    if (error instanceof FolderError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new FolderError(`--out ${path}: cannot be written (${code}). Name another folder.`, {
      cause: error,
    });
  }
  const images = new Map<number, string>();
  return {
    path,
    async keepImage(position, bytes) {
      const name = `images/${String(position).padStart(2, '0')}.png`;
      await writeFile(join(path, name), bytes);
      images.set(position, name);
    },
    async finish({ origin, session, batchId, brief, product, isSimulated, signal }) {
      await writeFile(join(path, 'index.html'), drawPage({ brief, product, images, isSimulated }));
      for (const kind of ['csv', 'zip']) {
        const response = await fetch(`${origin}/export/batches/${batchId}.${kind}`, {
          headers: { authorization: `Bearer ${await session.token()}` },
          signal,
        });
        if (!response.ok || response.body === null) {
          throw new Error(
            `the export of ${count(product.posts.length, 'post')} answered HTTP ${response.status}`,
          );
        }
        await pipeline(response.body, createWriteStream(join(path, `posts.${kind}`)));
      }
    },
    async removeIfEmpty() {
      // Neither succeeds on a folder with files.
      await rmdir(join(path, 'images')).catch(() => undefined);
      await rmdir(path).catch(() => undefined);
    },
  };
}
