import sharp from 'sharp';
import { expect, it } from 'vitest';
import { ServiceUnavailableError } from '../../../src/domain/errors/errors.ts';
import { storeLogo } from '../../../src/services/brands/logos.ts';

it('a logo that the store of images does not take is no fault of the client, who may try again', async () => {
  const create = { width: 4, height: 4, channels: 3, background: '#000' } as const;
  const image = (await sharp({ create }).png().toBuffer()).toString('base64');
  const put = () => Promise.reject(new Error('EACCES: permission denied'));
  await expect(storeLogo({ put }, image)).rejects.toThrow(ServiceUnavailableError);
});
