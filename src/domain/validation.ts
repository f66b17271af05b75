import { z } from 'zod';
import { InvalidInputError } from './errors/errors.ts';

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

/** Text that the database can hold: PostgreSQL has no NUL, and lone surrogates are no text. */
export const plainText = z
  .string()
  .refine((value) => !value.includes('\0') && value.isWellFormed(), 'must be plain text');

/** A line or paragraph that people typed: trimmed, not empty, bounded. */
export const text = (maxCharacters: number) =>
  plainText
    .trim()
    .min(1, 'must not be empty')
    .max(maxCharacters, `must have at most ${maxCharacters} characters`);
