import { z } from 'zod';
import type { ProviderLimits } from '../../domain/errors/provider-errors.ts';

/** Less than one call a minute is no limit but a fault of the server. */
const limitSchema = z.coerce.number().pipe(z.int().positive()).optional().catch(undefined);

/** The account's real limits a minute, which the provider tells with every answer. */
export function readLimits(headers: Headers): ProviderLimits {
  const read = (name: string) => limitSchema.parse(headers.get(`x-ratelimit-limit-${name}`) ?? undefined);
  return { requests: read('requests'), tokens: read('tokens'), images: read('images') };
}
