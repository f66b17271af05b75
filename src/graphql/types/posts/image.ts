import {
  renditionPath,
  renditionWidth,
  renditionWidths,
  type RenditionFormat,
} from '../../../domain/images/rendition.ts';
import type { Post } from '../../../store/generated/prisma/client.ts';
import { builder } from '../../builder.ts';
import type { Context } from '../../context.ts';

/** A stored image, and what its post says of it. */
type ShownImage = Pick<Post, 'altText' | 'brandId' | 'brandVersion'> & { key: string };

/** @returns the image with this key as a post shows it; null without a key. */
export function imageOf(
  key: string | null,
  { altText, brandId, brandVersion }: Omit<ShownImage, 'key'>,
): ShownImage | null {
  return key === null ? null : { key, altText, brandId, brandVersion };
}

const defaultWidth = 1080;

const ImageFormatEnum = builder.enumType('ImageFormat', {
  description: 'A file format of images.',
  values: {
    WEBP: { value: 'webp', description: 'Small files; every browser of today shows them.' },
    AVIF: { value: 'avif', description: 'The smallest files, for thumbnails of at most 320 pixels.' },
    JPEG: { value: 'jpg', description: 'Files for programs that know nothing newer.' },
    PNG: { value: 'png', description: 'Large files without any loss.' },
  } satisfies Record<string, { value: RenditionFormat; description: string }>,
});

export const ImageRef = builder.objectRef<ShownImage>('Image').implement({
  description: 'An image of a post, in sizes and formats to show.',
  fields: (t) => ({
    url: t.field({
      type: 'URL',
      description:
        'The address of a copy to show, with the logo of the brand if it has one, and labelled as made by AI. The copy is made when it is first read. The content of an address never changes.',
      args: {
        width: t.arg.int({
          required: false,
          defaultValue: defaultWidth,
          description: `The width in pixels: the next larger one of ${renditionWidths.join(', ')} is taken. A copy is never wider than the original.`,
        }),
        format: t.arg({
          type: ImageFormatEnum,
          required: false,
          defaultValue: 'webp',
          description: 'The file format of the copy.',
        }),
      },
      resolve: async ({ key, brandId, brandVersion }, args, { loaders, origin, logoSignatures }) => {
        const format = args.format ?? 'webp';
        const width = renditionWidth(args.width ?? defaultWidth, format);
        const logo =
          brandId === null || brandVersion === null
            ? null
            : await loaders().logos.load({ brandId, brandVersion });
        const shown = { imageKey: key, width, format, logo: logo ?? undefined };
        return `${origin}${renditionPath(shown, logoSignatures)}`;
      },
    }),
    originalUrl: t.field({
      type: 'URL',
      description: 'The address of the PNG file as the model made it, without logo and label.',
      resolve: ({ key }, _args, { assets, origin }) => assets.urlOf(key, origin),
    }),
    width: t.int({
      nullable: true,
      description: 'The width of the original in pixels; null if it cannot be read now.',
      resolve: async ({ key }, _args, context) =>
        knownOrNotKept(await context.loaders().imageSizes.load(key), context)?.width ?? null,
    }),
    height: t.int({
      nullable: true,
      description: 'The height of the original in pixels; null if it cannot be read now.',
      resolve: async ({ key }, _args, context) =>
        knownOrNotKept(await context.loaders().imageSizes.load(key), context)?.height ?? null,
    }),
    altText: t.exposeString('altText', {
      nullable: true,
      description: 'What the image shows, for people who cannot see it; null without such a text.',
    }),
    thumbhash: t.string({
      nullable: true,
      description:
        'A blurred preview to show while the image loads: about 25 bytes in base64 (evanw.github.io/thumbhash). Null if it cannot be made now.',
      resolve: async ({ key }, _args, context) =>
        knownOrNotKept(await context.loaders().thumbhashes.load(key), context),
    }),
  }),
});

/** @returns what is known of an image. An answer that lacks it now is not kept. */
function knownOrNotKept<Known>(known: Known | null, { now }: Context): Known | null {
  if (known === null) now();
  return known;
}
