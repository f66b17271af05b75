import { readdir, readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { additionsOf } from '../../../src/domain/brands/additions.ts';
import { brandInputSchema } from '../../../src/domain/brands/brand.ts';
import { channelNames } from '../../../src/domain/posts/channels.ts';

const folder = 'examples/brands';

it.each(await readdir(folder))('%s is a brand, and its link fits on every channel', async (name) => {
  const file: unknown = JSON.parse(await readFile(`${folder}/${name}`, 'utf8'));
  const { visual, ...content } = brandInputSchema.parse(Object(file).content);
  const brand = { ...content, visual: { ...visual, logo: null } };
  for (const channel of channelNames) {
    expect(additionsOf(brand, channel, 'Ride into autumn').link?.tracked).toContain('utm_campaign=Ride');
  }
});
