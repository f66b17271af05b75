import { Buffer } from 'node:buffer';
import { z } from 'zod';

/** Types of rows that have an id of their own in the API. */
export type NodeType = 'User' | 'Campaign' | 'Batch' | 'Post';

/**
 * The id that clients see for a row: Relay's global id, in base64url without padding. `btoa` is faster than a buffer. It never
 * writes `+` or `/` here: in ASCII they only come from `>`, `?` and `~`.
 */
export function toGlobalId(type: string, id: string | number | bigint): string {
  const text = `${type}:${id}`;
  const padding = (3 - (text.length % 3)) % 3;
  const padded = btoa(text);
  return padding === 0 ? padded : padded.slice(0, -padding);
}

/** @returns type and row id of a global id; undefined if the text is no global id. */
export function fromGlobalId(globalId: string): { type: string; id: string } | undefined {
  const [, type, id] =
    /^(\w+):([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/.exec(
      Buffer.from(globalId, 'base64url').toString(),
    ) ?? [];
  return type === undefined || id === undefined ? undefined : { type, id };
}

// Creating a schema takes longer than parsing an id, so each is created once.
const schemas = {
  User: schemaOf('User'),
  Campaign: schemaOf('Campaign'),
  Batch: schemaOf('Batch'),
  Post: schemaOf('Post'),
};

function schemaOf(type: NodeType) {
  return z.string().transform((value, context) => {
    const decoded = fromGlobalId(value);
    if (decoded?.type === type) return decoded.id;
    context.addIssue({ code: 'custom', message: `must be the id of a ${type.toLowerCase()}` });
    return z.NEVER;
  });
}

/** Schema of a global id of one type. It parses to the row's id. */
export function globalId(type: NodeType) {
  return schemas[type];
}
