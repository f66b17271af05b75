import { BulkheadRejectedError, type BulkheadPolicy } from 'cockatiel';
import { renditionName, renditionTypes, type Rendition } from '../../domain/images/rendition.ts';
import { ServiceUnavailableError } from '../../domain/errors/errors.ts';
import { RenditionsBusyError } from '../../domain/images/errors.ts';
import type { AssetStore } from '../../store/assets.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { drawRendition } from './draw.ts';

/** Copies of images for people to use: made when somebody first asks for them, and kept beside the images. */
export type Renditions = {
  /**
   * @returns the file; undefined if its image, or its logo, is not there.
   * @throws RenditionsBusyError, UnreadableImageError; ServiceUnavailableError if the store does not answer.
   */
  get(rendition: Rendition): Promise<Uint8Array | undefined>;
};

export function createRenditions(deps: {
  assets: AssetStore;
  /** Where all of this process are drawn. */
  room: BulkheadPolicy;
  logger: Logger;
}): Renditions {
  const { assets, room, logger } = deps;
  /** Those that are being looked for or made: who asks for the same one gets the same. */
  const asked = new Map<string, Promise<Uint8Array | undefined>>();

  async function make(rendition: Rendition, name: string): Promise<Uint8Array | undefined> {
    const { imageKey, format, logo } = rendition;
    const [original, logoBytes] = await fromStore(() =>
      Promise.all([assets.get(imageKey), logo === undefined ? undefined : assets.get(logo.key)]),
    );
    if (original === undefined || (logo !== undefined && logoBytes === undefined)) return undefined;
    const made = await drawRendition(original, rendition, logoBytes);
    try {
      await assets.putRendition(name, made, renditionTypes[format]);
      // An image that went meanwhile takes with it what was made of it.
      if (!(await assets.has(imageKey))) await assets.removeRenditions(imageKey);
    } catch (error) {
      logger.warn(
        { err: error, rendition: name },
        'a rendition cannot be kept; it is made again when asked for',
      );
    }
    return made;
  }

  async function find(rendition: Rendition, name: string): Promise<Uint8Array | undefined> {
    const kept = await fromStore(() => assets.getRendition(name));
    if (kept !== undefined) return kept;
    try {
      return await room.execute(() => make(rendition, name));
    } catch (error) {
      throw error instanceof BulkheadRejectedError ? new RenditionsBusyError() : error;
    }
  }

  /** @throws ServiceUnavailableError */
  async function fromStore<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      logger.warn({ err: error }, 'the store of images does not answer');
      throw new ServiceUnavailableError({ cause: error });
    }
  }

  return {
    get(rendition) {
      const name = renditionName(rendition);
      const found = asked.get(name) ?? find(rendition, name).finally(() => asked.delete(name));
      asked.set(name, found);
      return found;
    },
  };
}
