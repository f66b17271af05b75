import { globalId, type NodeType } from '../domain/ids.ts';
import { parseInput } from '../domain/validation.ts';

/**
 * Parses a global id of an argument.
 *
 * @param path the argument's name.
 * @returns the id of the row.
 * @throws InvalidInputError if it is not an id of this type.
 */
export function parseId(type: NodeType, value: string, path = 'id'): string {
  return parseInput(globalId(type), value, path);
}
