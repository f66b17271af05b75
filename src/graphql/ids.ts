import { globalId, type NodeType } from '../domain/ids.ts';
import { parseInput } from '../domain/validation.ts';

/**
 * Reads the id of an argument.
 *
 * @param path the argument's name.
 * @throws InvalidInputError where it is no id of this type.
 */
export function parseId(type: NodeType, value: string, path = 'id'): string {
  return parseInput(globalId(type), value, path);
}
