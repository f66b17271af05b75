import { Buffer } from 'node:buffer';
import { z } from 'zod';
import type { Codec } from '../../cache/cache.ts';
import { operationNoteSchema, type OperationNote } from '../../graphql/execution/request-record.ts';
import type { Owner } from '../../store/ownership.ts';

/** The serialised answer to a query, without errors. */
export type CachedAnswer = {
  content: Content;
  /** The number of top-level fields, which rate limits count. */
  rootFields: number;
  /** What the log says about the operation. */
  note: OperationNote;
};

/** Short texts stay strings, because Node writes them together with the headers. Long texts are encoded once. */
export type Content = string | Buffer;

const longBytes = 8 * 1024;

/** @returns the text in the form that is fastest to send. */
export function contentOf(text: string): Content {
  return text.length > longBytes ? Buffer.from(text) : text;
}

const headSchema = z.object({ rootFields: z.number(), note: operationNoteSchema });

/** How answers are stored in the cache. */
export const answerCodec: Codec<CachedAnswer> = {
  ownerOf: (key) => key.slice(0, key.indexOf(' ')),
  // One line of JSON, and the content.
  toText: ({ content, ...head }) => `${JSON.stringify(head)}\n${content.toString()}`,
  fromText(text) {
    const end = text.indexOf('\n');
    return { ...headSchema.parse(JSON.parse(text.slice(0, end))), content: contentOf(text.slice(end + 1)) };
  },
  bytesOf: ({ content }) => (typeof content === 'string' ? 2 * content.length : content.byteLength),
};

/** Part of each key: releases that store answers in different formats do not read each other's. */
const format = 2;

/** Answers to larger requests are not cached. */
const maxRequestBytes = 16 * 1024;

/**
 * Builds the cache key of a request from the workspace, the server's origin (which is part of image addresses) and the exact
 * body.
 *
 * @returns undefined if the answer must not be cached.
 */
export function answerKey(
  { workspaceId }: Owner,
  { origin }: { origin: string },
  body: Buffer,
): string | undefined {
  return body.byteLength > maxRequestBytes
    ? undefined
    : `${workspaceId} ${format} ${origin} ${body.toString()}`;
}
