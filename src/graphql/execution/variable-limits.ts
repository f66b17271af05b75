import { GraphQLError } from 'graphql';

/** Nesting of objects and lists: variables are read recursively, so deep nesting would overflow the stack. */
const maxNesting = 50;

/** @returns whether a value is nested deeper than `levels`. */
export function isTooDeep(value: unknown, levels = maxNesting): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isTooDeep(inner, levels - 1));
}

/** @throws GraphQLError if the variables are nested too deep. */
export function requireShallow(variables: unknown): void {
  if (!isTooDeep(variables)) return;
  throw new GraphQLError(`The variables are nested more than ${maxNesting} levels deep.`, {
    extensions: { code: 'INVALID_INPUT', field: 'variables', http: { status: 400 } },
  });
}

/** The maximum size of a subscription's variables, in characters of JSON: they stay in memory while it lasts. */
const maxSubscriptionCharacters = 16 * 1024;

/** @returns the error if the variables of a subscription are too large. */
export function checkSubscriptionVariables(variables: unknown): GraphQLError | undefined {
  if (JSON.stringify(variables ?? null).length <= maxSubscriptionCharacters) return undefined;
  return new GraphQLError(
    `The variables of a subscription have at most ${maxSubscriptionCharacters} characters.`,
    {
      extensions: { code: 'INVALID_INPUT', field: 'variables', http: { status: 400 } },
    },
  );
}
