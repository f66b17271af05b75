import { z } from 'zod';
import type { ProviderLimits } from '../../domain/errors/provider-errors.ts';

/** A limit below one call a minute is a fault of the server and is ignored. */
const limitSchema = z.coerce.number().pipe(z.int().positive()).optional().catch(undefined);

/** Reads the account's limits per minute from an answer's headers. */
export function readLimits(headers: Headers): ProviderLimits {
  const read = (name: string) => limitSchema.parse(headers.get(`x-ratelimit-limit-${name}`) ?? undefined);
  return { requests: read('requests'), tokens: read('tokens'), images: read('images') };
}
