import { z } from 'zod';
import { InvalidInputError, RetryableError, ServiceUnavailableError } from '../../domain/errors/errors.ts';
import { loadSharp } from '../renditions/sharp.ts';
import type { Images } from '../posts/images.ts';

/** Bytes of the file that a client sends. */
const maxLogoBytes = 200 * 1024;
/** Pixels on each side of the file that a client sends. */
const maxPixels = 2_000;
/** It is kept no larger than this: a logo takes at most 40 % of an image that is at most 1,536 pixels wide. */
const keptPixels = 1_000;
const decodeSeconds = 5;
/** A client waits for the answer. */
const storeMs = 15_000;

const base64 = z.base64();
/** Four characters stand for three bytes. */
const maxCharacters = Math.ceil(maxLogoBytes / 3) * 4;

/** Where its image stands in an input. */
export const logoPath = 'input.content.visual.logo.image';

/**
 * Stores the logo that a client sent, as a PNG without anything beside its pixels.
 *
 * @param image PNG or WebP in base64, at most 200 KB and 2,000 × 2,000 pixels; of an animation, the first frame is kept.
 * @returns its key in the asset store.
 * @throws InvalidInputError; ServiceUnavailableError if the store does not take it.
 */
export async function storeLogo(images: Pick<Images, 'put'>, image: string): Promise<string> {
  if (image.length > maxCharacters) throw fault(`must have at most ${maxLogoBytes / 1024} KB`);
  if (!base64.safeParse(image).success) throw fault('must be base64');
  const bytes = Buffer.from(image, 'base64');
  // Told by its content alone, before any decoder sees it.
  if (!isPng(bytes) && !isWebp(bytes)) throw fault('must be a PNG or WebP image');
  return images.put(await decoded(bytes), AbortSignal.timeout(storeMs)).catch((cause: unknown) => {
    throw cause instanceof RetryableError ? cause : new ServiceUnavailableError({ cause });
  });
}

/** @returns the picture as a PNG. */
async function decoded(bytes: Uint8Array): Promise<Uint8Array> {
  const sharp = await loadSharp();
  const picture = sharp(bytes, { failOn: 'error', limitInputPixels: maxPixels * maxPixels });
  const size = await picture.metadata().catch(() => undefined);
  if (size === undefined || size.width > maxPixels || size.height > maxPixels) {
    throw fault(`must be an image of at most ${maxPixels} × ${maxPixels} pixels`);
  }
  return picture
    .resize({ width: keptPixels, height: keptPixels, fit: 'inside', withoutEnlargement: true })
    .png({ compressionLevel: 9 })
    .timeout({ seconds: decodeSeconds })
    .toBuffer()
    .catch(() => {
      throw fault('must be a whole image');
    });
}

const isPng = (bytes: Buffer) => bytes.subarray(0, 8).equals(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'));
const isWebp = (bytes: Buffer) => /^RIFF[^]{4}WEBP/.test(bytes.subarray(0, 12).toString('latin1'));

function fault(message: string): InvalidInputError {
  return new InvalidInputError([{ path: logoPath, message }]);
}
