import sharp from 'sharp';
import { expect } from 'vitest';
import {
  CreateBrandDocument,
  RestoreBrandVersionDocument,
  UpdateBrandDocument,
  type BrandLogoInput,
} from '../../../client/generated/graphql.ts';
import type { Account } from '../../support/app.ts';
import { getBrand } from '../../support/brands.ts';
import { test } from '../../support/fixtures.ts';

const place = { corner: 'BOTTOM_RIGHT', widthPercent: 12 } satisfies BrandLogoInput;

function picture(size: number) {
  const background = { r: 31, g: 58, b: 52, alpha: 0.5 };
  return sharp({ create: { width: size, height: size, channels: 4, background } });
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

async function createWithLogo(account: Account, image: string) {
  const { createBrand: created } = await account.run(CreateBrandDocument, {
    input: { name: 'Fernway', content: { visual: { logo: { ...place, image } } } },
  });
  return created;
}

async function logoOf(account: Account, brandId: string) {
  const { content } = await getBrand(account, brandId);
  return content.visual.logo;
}

test.for(['png', 'webp'] as const)(
  'a logo in %s is kept as a PNG, without what else was in its file',
  async (format, { account }) => {
    const bytes = await picture(40)
      .withExif({ IFD0: { Artist: 'somebody' } })
      .toFormat(format)
      .toBuffer();
    const created = await createWithLogo(account, base64(bytes));
    if (created.__typename !== 'Brand') throw new Error(JSON.stringify(created));
    const { logo } = created.content.visual;
    expect(logo).toMatchObject(place);
    const file = Buffer.from(await (await fetch(logo?.url ?? '')).arrayBuffer());
    const { exif, ...kept } = await sharp(file).metadata();
    expect(exif).toBeUndefined();
    expect(kept).toMatchObject({ format: 'png', width: 40, height: 40, hasAlpha: true });
  },
);

test('a logo of 200 KB arrives', async ({ account }) => {
  const noise = { type: 'gaussian' as const, mean: 128, sigma: 60 };
  const bytes = await sharp({
    create: { width: 255, height: 255, channels: 3, background: '#000', noise },
  })
    .png()
    .toBuffer();
  expect(bytes.byteLength).toBeGreaterThan(150 * 1024);
  expect((await createWithLogo(account, base64(bytes))).__typename).toBe('Brand');
});

test.for([
  ['no base64', 'not base64!', 'must be base64'],
  ['what is no image', base64(Buffer.from('hello')), 'must be a PNG or WebP image'],
  [
    'an SVG',
    base64(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')),
    'must be a PNG or WebP image',
  ],
  ['a PNG that ends early', 'half', 'must be a whole image'],
  ['too many pixels', 'large', 'must be an image of at most 2000 × 2000 pixels'],
  ['too many bytes', 'A'.repeat(280_000), 'must have at most 200 KB'],
] as const)('a logo of %s is refused', async ([, given, message], { account }) => {
  const images: Record<string, () => Promise<Buffer>> = {
    half: async () => {
      const whole = await sharp({
        create: {
          width: 200,
          height: 200,
          channels: 3,
          background: '#000',
          noise: { type: 'gaussian', mean: 128, sigma: 60 },
        },
      })
        .png()
        .toBuffer();
      return whole.subarray(0, whole.byteLength / 2);
    },
    large: () => picture(2_001).png().toBuffer(),
  };
  const made = await images[given]?.();
  const answer = await createWithLogo(account, made === undefined ? given : base64(made));
  expect(answer).toMatchObject({ fields: [{ path: 'input.content.visual.logo.image', message }] });
});

test('a new version without an image keeps the logo, and one without a logo has none', async ({
  account,
}) => {
  const created = await createWithLogo(account, base64(await picture(40).png().toBuffer()));
  if (created.__typename !== 'Brand') throw new Error(JSON.stringify(created));
  const brandId = created.id;
  const update = async (expectedVersion: number, logo: BrandLogoInput | null) =>
    (
      await account.run(UpdateBrandDocument, {
        input: { brandId, expectedVersion, content: { visual: { logo } } },
      })
    ).updateBrand;
  await update(1, { corner: 'TOP_LEFT', widthPercent: 20 });
  expect(await logoOf(account, brandId)).toEqual({
    url: created.content.visual.logo?.url,
    corner: 'TOP_LEFT',
    widthPercent: 20,
  });
  await update(2, null);
  expect(await logoOf(account, brandId)).toBeNull();
  expect(await update(3, place)).toMatchObject({
    fields: [{ path: 'input.content.visual.logo.image', message: 'must be there for a new logo' }],
  });
  await account.run(RestoreBrandVersionDocument, { input: { brandId, expectedVersion: 3, number: 1 } });
  expect(await logoOf(account, brandId)).toEqual(created.content.visual.logo);
});
