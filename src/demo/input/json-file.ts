import { readFile } from 'node:fs/promises';
import { z } from 'zod';

/** A file of the order cannot be used. The message names the file and every bad field. */
export class InputFileError extends Error {
  override readonly name = 'InputFileError';

  constructor(file: string, faults: readonly string[], options: ErrorOptions = {}) {
    super(faults.map((fault) => `${file}: ${fault}`).join('\n'), options);
  }
}

/** The rule's message, or `is missing` if there is no such field. */
export const unlessMissing = (message: string) => ({
  error: (issue: { input?: unknown }) => (issue.input === undefined ? 'is missing' : message),
});

/** A field that has a text. */
export const text = z.string(unlessMissing('must be a text')).trim().min(1, 'must not be empty');

/** A field that has one of some values. */
export const oneOf = <const Values extends readonly string[]>(values: Values) =>
  z.enum(values, unlessMissing(`must be one of ${values.join(', ')}`));

/** @throws InputFileError */
export async function readInput(file: string): Promise<Buffer> {
  return readFile(file).catch((cause: NodeJS.ErrnoException) => {
    const fault = cause.code === 'ENOENT' ? 'there is no such file' : `cannot be read (${cause.code})`;
    throw new InputFileError(file, [fault], { cause });
  });
}

/**
 * Reads a JSON file.
 *
 * @param noun what its fields are those of.
 * @throws InputFileError
 */
export async function readJson<Value>(
  file: string,
  schema: z.ZodType<Value>,
  noun: 'campaign' | 'brand',
): Promise<Value> {
  const parsed = schema.safeParse(parseJson(file, (await readInput(file)).toString()));
  if (parsed.success) return parsed.data;
  throw new InputFileError(
    file,
    parsed.error.issues.flatMap((issue) => tellFault(issue, noun)),
  );
}

function parseJson(file: string, content: string): unknown {
  try {
    return JSON.parse(content);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputFileError(file, [`is not JSON: ${reason}`], { cause });
  }
}

function tellFault(issue: z.core.$ZodIssue, noun: string): string[] {
  const field = issue.path.join('.');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `${field === '' ? '' : `${field}.`}${key}: is not a field`);
  return [field === '' ? `must be an object with the fields of a ${noun}` : `${field}: ${issue.message}`];
}
