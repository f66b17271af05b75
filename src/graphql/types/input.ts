import { InvalidInputError, NotFoundError } from '../../domain/errors/errors.ts';

/** What the arguments that `input` replaced say to whoever uses them. */
export const replacedByInput = 'Use `input`.';

/**
 * Runs a mutation on its `input`, or on the arguments that it had before it had an `input`.
 *
 * @param args the arguments as GraphQL gives them. Exactly one of the two forms must be there.
 * @param before the arguments as an input; undefined if a required one is missing.
 * @param work its refusals name fields of `input`. Whoever sent the arguments is told those.
 * @throws InvalidInputError naming `input`.
 */
export async function onInput<Input extends object, Result>(
  args: { input?: Input | null | undefined } & object,
  before: Input | undefined,
  work: (input: Input) => Promise<Result>,
): Promise<Result> {
  const { input, ...others } = args;
  const isOld = Object.values(others).some((value) => value != null);
  if (input != null && !isOld) return work(input);
  if (input == null && before !== undefined) {
    try {
      return await work(before);
    } catch (error) {
      throw ofArguments(error);
    }
  }
  const message = input == null ? 'is required' : 'must stand alone, without the arguments that it replaces';
  throw new InvalidInputError([{ path: 'input', message }]);
}

/** @returns a refusal that names arguments instead of the fields of `input`. */
function ofArguments(error: unknown): unknown {
  const argument = (path: string) => path.replace(/^input\./, '');
  if (error instanceof NotFoundError) return new NotFoundError(error.what, argument(error.path));
  if (!(error instanceof InvalidInputError)) return error;
  return new InvalidInputError(error.fields.map(({ path, message }) => ({ path: argument(path), message })));
}
