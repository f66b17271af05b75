import { InvalidInputError } from '../domain/errors/errors.ts';

/** What the arguments that `input` replaced say to whoever uses them. */
export const replacedByInput = 'Use `input`.';

/**
 * Reads a mutation's `input`, or the arguments that it had before it had an `input`.
 *
 * @param args the arguments as GraphQL gives them. Exactly one of the two forms must be there.
 * @param before the arguments as an input; undefined if a required one is missing.
 * @returns the input, and a function that gives the path of one of its fields.
 * @throws InvalidInputError naming `input`.
 */
export function readInput<Input extends object>(
  args: { input?: Input | null | undefined } & object,
  before: Input | undefined,
): Input & { pathOf: (field: string) => string } {
  const { input, ...others } = args;
  const isOld = Object.values(others).some((value) => value != null);
  if (input != null && !isOld) return { ...input, pathOf: (field) => `input.${field}` };
  if (input == null && before !== undefined) return { ...before, pathOf: (field) => field };
  const message = input == null ? 'is required' : 'must stand alone, without the arguments that it replaces';
  throw new InvalidInputError([{ path: 'input', message }]);
}
