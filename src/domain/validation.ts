import { z } from 'zod';
import { InvalidInputError } from './errors/errors.ts';

/**
 * Parses what a client sent.
 *
 * @param root name of the argument: the first part of each path, as in `input.postCount`.
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

/** Text that the database can store: PostgreSQL refuses NUL and lone surrogates. */
export const plainText = z
  .string()
  .refine((value) => !value.includes('\0') && value.isWellFormed(), 'must be plain text');

/** A line or paragraph that people typed: trimmed, not empty, with a maximum length. */
export const text = (maxCharacters: number) =>
  plainText
    .trim()
    .min(1, 'must not be empty')
    .max(maxCharacters, `must have at most ${maxCharacters} characters`);
