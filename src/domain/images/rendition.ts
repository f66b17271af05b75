import { logoSchema, type Logo } from '../brands/brand.ts';

/** Keys of images in the asset store: their SHA-256. */
export const imageKeyPattern = /^[0-9a-f]{64}\.png$/;

/** Widths of renditions in pixels. A rendition is never wider than its image. */
export const renditionWidths = [160, 320, 640, 1080, 1536] as const;

/** Their formats, as extension and type. */
export const renditionTypes = {
  webp: 'image/webp',
  avif: 'image/avif',
  jpg: 'image/jpeg',
  png: 'image/png',
} as const;

export type RenditionFormat = keyof typeof renditionTypes;

const mostPixels = 1536;
/** AVIF takes ten times as long as WebP: for thumbnails only. */
const maxAvifWidth = 320;

/** A copy of an image in a size and format, with a logo or without. */
export type Rendition = {
  imageKey: string;
  width: (typeof renditionWidths)[number];
  format: RenditionFormat;
  logo: Logo | undefined;
};

/** Tells logos that this server has put on an image from those that somebody made up. */
export type LogoSignatures = {
  /** @returns the signature of a text, of 43 letters, digits, `-` and `_`. */
  sign(text: string): string;
  verifies(text: string, signature: string): boolean;
};

/** The path prefix of renditions. */
export const renditionPrefix = '/renditions/';

/** @returns the width from the list that is nearest to what was asked for, and not below it if there is one. */
export function renditionWidth(asked: number, format: RenditionFormat): Rendition['width'] {
  const widest = format === 'avif' ? maxAvifWidth : mostPixels;
  return renditionWidths.find((width) => width >= Math.min(asked, widest)) ?? mostPixels;
}

/** @returns the path and query of a rendition's address. It is the same each time. */
export function renditionPath(
  { imageKey, width, format, logo }: Rendition,
  { sign }: Pick<LogoSignatures, 'sign'>,
): string {
  const query =
    logo === undefined ? '' : `?logo=${placementName(logo)}.${sign(shownName({ imageKey, logo }))}`;
  return `${renditionPrefix}${imageKey}/${width}.${format}${query}`;
}

/** @returns the name under which a rendition is kept: what it shows, and nothing else. */
export function renditionName({ imageKey, width, format, logo }: Rendition): string {
  return `${shownName({ imageKey, logo })}/${width}.${format}`;
}

/** An image with its logo. This is what is signed. */
function shownName({ imageKey, logo }: Pick<Rendition, 'imageKey' | 'logo'>): string {
  return logo === undefined ? imageKey : `${imageKey}/${placementName(logo)}`;
}

function placementName({ key, corner, widthPercent }: Logo): string {
  return `${key}.${corner}.${widthPercent}`;
}

/**
 * Reads the address of a rendition.
 *
 * @param path the path of the request. @param query what follows its `?`.
 * @returns undefined if it is none; what is wrong, in words, if there is no such rendition of any image.
 */
export function parseRendition(
  path: string,
  query: string,
  { verifies }: Pick<LogoSignatures, 'verifies'>,
): Rendition | { fault: string } | undefined {
  const [, imageKey, digits, extension] = pathPattern.exec(path) ?? [];
  if (imageKey === undefined) return undefined;
  const width = renditionWidths.find((one) => String(one) === digits);
  if (width === undefined) return { fault: `The width must be one of ${renditionWidths.join(', ')}.` };
  if (!isFormat(extension)) {
    return { fault: `The format must be one of ${Object.keys(renditionTypes).join(', ')}.` };
  }
  if (extension === 'avif' && width > maxAvifWidth) {
    return { fault: `AVIF is made up to ${maxAvifWidth} pixels.` };
  }
  if (query === '') return { imageKey, width, format: extension, logo: undefined };
  const { logo, signature } = parseLogo(query);
  if (logo === undefined || !verifies(shownName({ imageKey, logo }), signature)) {
    return {
      fault: 'The only parameter is logo=KEY.CORNER.PERCENT.SIGNATURE, as `Post.image.url` gives it.',
    };
  }
  return { imageKey, width, format: extension, logo };
}

const pathPattern = /^\/renditions\/([0-9a-f]{64}\.png)\/(\d{1,4})\.([a-z]{1,4})$/;
const logoPattern = /^logo=([0-9a-f]{64}\.png)\.([A-Z_]{1,12})\.([1-9]\d?)\.([\w-]{43})$/;

function isFormat(text: string | undefined): text is RenditionFormat {
  return text !== undefined && Object.hasOwn(renditionTypes, text);
}

function parseLogo(query: string): { logo: Logo | undefined; signature: string } {
  const [, key, corner, digits, signature = ''] = logoPattern.exec(query) ?? [];
  return { logo: logoSchema.safeParse({ key, corner, widthPercent: Number(digits) }).data, signature };
}
