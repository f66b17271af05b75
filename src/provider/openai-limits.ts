import type { ProviderLimits } from '../domain/provider-errors.ts';

/** The account's real limits a minute, which the provider tells with every answer. */
export function readLimits(headers: Headers): ProviderLimits {
  const read = (name: string) => {
    const limit = Number(headers.get(`x-ratelimit-limit-${name}`) ?? Number.NaN);
    return limit > 0 ? limit : undefined;
  };
  return { requests: read('requests'), tokens: read('tokens'), images: read('images') };
}
