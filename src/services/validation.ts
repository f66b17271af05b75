import type { z } from 'zod';
import { InvalidInputError } from '../domain/errors.ts';

/**
 * Parses what a client sent.
 *
 * @param root name of the argument, which starts each path: `input.postCount`.
 * @throws InvalidInputError naming every bad field.
 */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  root = 'input',
): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new InvalidInputError(
    parsed.error.issues.map((issue) => ({ path: [root, ...issue.path].join('.'), message: issue.message })),
  );
}
