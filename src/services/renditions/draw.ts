import { bulkhead } from 'cockatiel';
import type { Rendition } from '../../domain/images/rendition.ts';
import { UnreadableImageError } from '../../domain/images/errors.ts';
import { loadSharp } from './sharp.ts';

/** Images that are drawn at the same time in a process, and that may wait for it. Each takes up to a second of a core. */
export const drawingRoom = () => bulkhead(2, 32);

/** Far above what image models make. */
const maxPixels = 25_000_000;
const maxSeconds = 10;

/** @returns what opens the bytes of an image, within the limits of its size and time. */
async function opener() {
  const sharp = await loadSharp();
  return (bytes: Uint8Array) =>
    sharp(bytes, { limitInputPixels: maxPixels, failOn: 'error' }).timeout({ seconds: maxSeconds });
}

/** Says that a model made the image: https://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia */
const aiLabel = `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"/>
</rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>`;

/** Space between a logo and the edges, as a share of the image's width. */
const logoMargin = 0.03;
/** A tall logo takes at most this share of the image's height. */
const logoHeight = 0.4;

/**
 * Draws a rendition: scaled down, with the logo if there is one, with the label of images that a model made.
 *
 * @throws UnreadableImageError
 */
export function drawRendition(
  original: Uint8Array,
  { width: asked, format, logo }: Rendition,
  logoBytes: Uint8Array | undefined,
): Promise<Uint8Array> {
  return orUnreadable(async () => {
    const open = await opener();
    const size = await open(original).metadata();
    const width = Math.min(asked, size.width);
    const height = Math.round((size.height * width) / size.width);
    const scaled = open(original).resize(width, height);
    if (logo !== undefined && logoBytes !== undefined) {
      const box = {
        width: Math.max(1, Math.round((width * logo.widthPercent) / 100)),
        height: Math.max(1, Math.round(height * logoHeight)),
      };
      const { data: input, info } = await open(logoBytes)
        .resize({ ...box, fit: 'inside' })
        .png()
        .toBuffer({ resolveWithObject: true });
      const margin = Math.round(width * logoMargin);
      const left = logo.corner.endsWith('LEFT') ? margin : width - info.width - margin;
      const top = logo.corner.startsWith('TOP') ? margin : height - info.height - margin;
      scaled.composite([{ input, left, top }]);
    }
    const labelled = scaled.withXmp(aiLabel);
    const encoders = {
      webp: () => labelled.webp(),
      avif: () => labelled.avif({ effort: 2 }),
      jpg: () => labelled.flatten({ background: '#ffffff' }).jpeg({ quality: 85 }),
      png: () => labelled.png(),
    };
    return encoders[format]().toBuffer();
  });
}

/** What is known of an image: its size in pixels, and a blurred preview (evanw.github.io/thumbhash) in base64. */
export type Look = { width: number; height: number; thumbhash: string };

/** The most that a thumbhash is made from. */
const previewPixels = 100;

/** Measures an image. Takes 15 to 27 ms of a core for one of 1024 × 1024. @throws UnreadableImageError */
export function lookAt(original: Uint8Array): Promise<Look> {
  return orUnreadable(async () => {
    const [open, { rgbaToThumbHash }] = await Promise.all([opener(), import('thumbhash')]);
    const { width, height } = await open(original).metadata();
    const { data, info } = await open(original)
      .resize(previewPixels, previewPixels, { fit: 'inside' })
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const hash = rgbaToThumbHash(info.width, info.height, data);
    return { width, height, thumbhash: Buffer.from(hash).toString('base64') };
  });
}

async function orUnreadable<T>(draw: () => Promise<T>): Promise<T> {
  try {
    return await draw();
  } catch (cause) {
    throw new UnreadableImageError({ cause });
  }
}
