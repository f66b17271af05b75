import { GraphQLError } from 'graphql';

/** How deep objects and lists stand within each other: those who read variables by recursion have a stack to lose. */
const maxNesting = 50;

export function isTooDeep(value: unknown, levels = maxNesting): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isTooDeep(inner, levels - 1));
}

/** @throws GraphQLError for variables that are nested too deep. */
export function requireShallow(variables: unknown): void {
  if (!isTooDeep(variables)) return;
  throw new GraphQLError(`The variables are nested more than ${maxNesting} levels deep.`, {
    extensions: { code: 'INVALID_INPUT', field: 'variables', http: { status: 400 } },
  });
}

/** Variables of a subscription, in characters of JSON: they are kept for as long as it lasts. */
const maxKeptCharacters = 16 * 1024;

/** @returns why a subscription with these variables is refused; undefined where it is not. */
export function checkKept(variables: unknown): GraphQLError | undefined {
  if (JSON.stringify(variables ?? null).length <= maxKeptCharacters) return undefined;
  return new GraphQLError(`The variables of a subscription have at most ${maxKeptCharacters} characters.`, {
    extensions: { code: 'INVALID_INPUT', field: 'variables', http: { status: 400 } },
  });
}
