import { lazily } from '../../domain/lazily.ts';

/** Loads what draws images, when a process first needs it: it takes 26 MB. Each image takes one core. */
export const loadSharp = lazily(async () => {
  const { default: sharp } = await import('sharp');
  sharp.cache(false);
  sharp.concurrency(1);
  // Files that people bring may be of any format: these are decoders that see hostile files every day.
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({
    operation: ['VipsForeignLoadPng', 'VipsForeignLoadJpeg', 'VipsForeignLoadWebp'],
  });
  return sharp;
});
