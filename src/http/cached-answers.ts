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

/** Larger requests are not worth their place. */
const maxRequestBytes = 16 * 1024;

/**
 * What an answer belongs to: one account, the address under which it reached us (which is in the addresses of
 * pictures), and the request to the letter.
 *
 * @returns undefined where the answer is not to be kept.
 */
export function answerKey(
  { userId }: { userId: string },
  { origin }: { origin: string },
  body: Buffer,
): string | undefined {
  return body.byteLength > maxRequestBytes ? undefined : `${userId} ${origin} ${body.toString()}`;
}
