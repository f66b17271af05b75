import { Buffer } from 'node:buffer';
import type { Codec } from '../cache/cache.ts';

/** The answer to a query, without errors, as it is sent. */
export type CachedAnswer = {
  body: Buffer;
  /** Top-level fields that it answers: what rate limits count. */
  rootFields: number;
};

export const answerCodec: Codec<CachedAnswer> = {
  toText: ({ body, rootFields }) => `${rootFields} ${body.toString()}`,
  fromText(text) {
    const end = text.indexOf(' ');
    return { rootFields: Number(text.slice(0, end)), body: Buffer.from(text.slice(end + 1)) };
  },
  bytesOf: ({ body }) => body.byteLength,
};
