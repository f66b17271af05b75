import { z } from 'zod';

/** Keywords that every provider understands. The zod schema itself checks the rest of the answer. */
const understood = new Set(['type', 'properties', 'required', 'items', 'enum', 'anyOf', 'description']);

/** A JSON Schema, as a request carries it. */
export type JsonSchema = Record<string, unknown>;

/**
 * Describes what a model is to answer.
 *
 * @param schema what the answer must be.
 * @param more keywords that this provider understands besides those that all do.
 */
export function toJsonSchema(schema: z.ZodType, more: readonly string[]): JsonSchema {
  const keywords = new Set([...understood, ...more]);
  return reduce(nestedSchema.parse(z.toJSONSchema(schema, { io: 'input' })), keywords);
}

/** Objects within a schema are schemas, except `properties`, which has a schema for each name. */
const nestedSchema = z.record(z.string(), z.unknown());

function reduce(schema: JsonSchema, keywords: ReadonlySet<string>): JsonSchema {
  const known = Object.entries(schema).filter(([keyword]) => keywords.has(keyword));
  return Object.fromEntries(
    known.map(([keyword, value]) => {
      if (keyword === 'properties') {
        const properties = Object.entries(nestedSchema.parse(value));
        return [keyword, Object.fromEntries(properties.map(([name, one]) => [name, reduced(one, keywords)]))];
      }
      if (keyword === 'items') return [keyword, reduced(value, keywords)];
      if (keyword === 'anyOf')
        return [
          keyword,
          z
            .array(z.unknown())
            .parse(value)
            .map((one) => reduced(one, keywords)),
        ];
      return [keyword, value];
    }),
  );
}

function reduced(schema: unknown, keywords: ReadonlySet<string>): JsonSchema {
  return reduce(nestedSchema.parse(schema), keywords);
}
