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
