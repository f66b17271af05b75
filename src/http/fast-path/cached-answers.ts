import { Buffer } from 'node:buffer';
import type { Codec } from '../../cache/cache.ts';
import type { Owner } from '../../store/ownership.ts';

/** The answer to a query, without errors, as it is sent. */
export type CachedAnswer = {
  content: Content;
  /** Top-level fields that it answers: what rate limits count. */
  rootFields: number;
};

/** Node writes a short text in one piece with the head, and a buffer beside it; a long text it would encode each time. */
export type Content = string | Buffer;

const longBytes = 8 * 1024;

export function contentOf(text: string): Content {
  return text.length > longBytes ? Buffer.from(text) : text;
}

export const answerCodec: Codec<CachedAnswer> = {
  ownerOf: (key) => key.slice(0, key.indexOf(' ')),
  toText: ({ content, rootFields }) => `${rootFields} ${content.toString()}`,
  fromText(text) {
    const end = text.indexOf(' ');
    return { rootFields: Number(text.slice(0, end)), content: contentOf(text.slice(end + 1)) };
  },
  bytesOf: ({ content }) => (typeof content === 'string' ? 2 * content.length : content.byteLength),
};

/** Larger requests are not worth their place. */
const maxRequestBytes = 16 * 1024;

/**
 * What an answer belongs to: one workspace, the address under which it reached us (which is in the addresses of
 * pictures), and the request to the letter.
 *
 * @returns undefined where the answer is not to be kept.
 */
export function answerKey(
  { workspaceId }: Owner,
  { origin }: { origin: string },
  body: Buffer,
): string | undefined {
  return body.byteLength > maxRequestBytes ? undefined : `${workspaceId} ${origin} ${body.toString()}`;
}
