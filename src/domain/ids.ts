import { Buffer } from 'node:buffer';
import { z } from 'zod';

/** Types of rows that have an id of their own in the API. */
const nodeTypes = ['Workspace', 'User', 'Campaign', 'Batch', 'PlanItem', 'Post', 'Brand'] as const;
export type NodeType = (typeof nodeTypes)[number];

/**
 * The id that clients see for a row: Relay's global id, in base64url without padding. Lists are full of them, and `btoa` takes half
 * as long as a buffer does; of text in ASCII it makes the same characters, as `+` and `/` only come of `>`, `?` and `~`.
 */
export function toGlobalId(type: string, id: string | number | bigint): string {
  const text = `${type}:${id}`;
  const padding = (3 - (text.length % 3)) % 3;
  const padded = btoa(text);
  return padding === 0 ? padded : padded.slice(0, -padding);
}

/** @returns type and row id of a global id, or undefined where it is none. */
export function fromGlobalId(globalId: string): { type: string; id: string } | undefined {
  const [, type, id] =
    /^(\w+):([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/.exec(
      Buffer.from(globalId, 'base64url').toString(),
    ) ?? [];
  return type === undefined || id === undefined ? undefined : { type, id };
}

/** No global id of a row is longer, with padding. */
const maxIdCharacters = 64;
const isNodeType: ReadonlySet<string> = new Set(nodeTypes);

/** @returns a global id of a row as the API writes it; undefined for any other text. */
export function canonicalId(text: string): string | undefined {
  const found = text.length > maxIdCharacters ? undefined : fromGlobalId(text);
  return found !== undefined && isNodeType.has(found.type) ? toGlobalId(found.type, found.id) : undefined;
}

/** @returns the row's id in a global id, whatever its type; undefined where it is none. */
export function rowIdOf(globalId: string | null | undefined): string | undefined {
  return globalId == null ? undefined : fromGlobalId(globalId)?.id;
}

// Made once: to make a schema takes longer than to read an id by it.
const schemas = new Map(nodeTypes.map((type) => [type, schemaOf(type)]));

function schemaOf(type: NodeType) {
  return z.string().transform((value, context) => {
    const decoded = fromGlobalId(value);
    if (decoded?.type === type) return decoded.id;
    context.addIssue({ code: 'custom', message: `must be the id of a ${wordsOf(type)}` });
    return z.NEVER;
  });
}

/** @returns a type's name as people write it. */
function wordsOf(type: NodeType): string {
  return type.replace(/\B[A-Z]/g, ' $&').toLowerCase();
}

/** A global id of one type in an input; parses to the row's id. */
export function globalId(type: NodeType) {
  return schemas.get(type) ?? schemaOf(type);
}
