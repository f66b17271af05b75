import type { BulkheadPolicy } from 'cockatiel';
import type { AssetStore } from '../../store/assets.ts';
import type { Database } from '../../store/database.ts';
import { lookAt, type Look } from './draw.ts';

/** Sizes and previews of images. A preview is made when somebody first asks for it: to store an image is to stay cheap. */
export type Looks = {
  /** @returns the size of each image; null where it is not known and cannot be measured now. */
  sizesOf(keys: readonly string[]): Promise<(Pick<Look, 'width' | 'height'> | null)[]>;
  /** @returns the thumbhash of each image; null where it cannot be made now. */
  thumbhashesOf(keys: readonly string[]): Promise<(string | null)[]>;
};

/** Images of one request that are measured at the same time. */
const measuredAtOnce = 2;

export function createLooks(deps: {
  database: Database;
  assets: AssetStore;
  /** Where images of this process are drawn. */
  room: BulkheadPolicy;
}): Looks {
  const { assets, room } = deps;
  const { prisma } = deps.database;

  /** Reads what the rows say, and measures the images of which they do not say enough. */
  async function lookAtAll(
    keys: readonly string[],
    isEnough: (row: Partial<Nullable<Look>>) => boolean,
  ): Promise<Map<string, Partial<Nullable<Look>>>> {
    const rows = await prisma.image.findMany({
      where: { key: { in: [...new Set(keys)] } },
      select: { key: true, width: true, height: true, thumbhash: true },
    });
    const looks = new Map<string, Partial<Nullable<Look>>>(rows.map((row) => [row.key, row]));
    const missing = [...new Set(keys)].filter((key) => !isEnough(looks.get(key) ?? {}));
    async function measureNext(): Promise<void> {
      for (let key = missing.pop(); key !== undefined; key = missing.pop()) {
        const look = await measure(key);
        if (look !== undefined) looks.set(key, look);
      }
    }
    await Promise.all(Array.from({ length: measuredAtOnce }, measureNext));
    return looks;
  }

  /** @returns undefined if the file is not there, is no image, or its store or this process has no time for it. */
  async function measure(key: string): Promise<Look | undefined> {
    try {
      return await room.execute(async () => {
        const original = await assets.get(key);
        if (original === undefined) return undefined;
        const look = await lookAt(original);
        await prisma.image.updateMany({ where: { key }, data: look });
        return look;
      });
    } catch {
      return undefined;
    }
  }

  return {
    async sizesOf(keys) {
      const looks = await lookAtAll(keys, ({ width, height }) => width != null && height != null);
      return keys.map((key) => {
        const { width, height } = looks.get(key) ?? {};
        return width == null || height == null ? null : { width, height };
      });
    },
    async thumbhashesOf(keys) {
      const looks = await lookAtAll(keys, ({ thumbhash }) => thumbhash != null);
      return keys.map((key) => looks.get(key)?.thumbhash ?? null);
    },
  };
}

type Nullable<T> = { [Key in keyof T]: T[Key] | null };
