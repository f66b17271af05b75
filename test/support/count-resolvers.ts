import { isObjectType } from 'graphql';
import { schema } from '../../src/graphql/schema.ts';

const roots = new Set(['Query', 'Mutation', 'Subscription']);

/**
 * Counts how often a top-level resolver of the schema begins, from now on and in this process: what a refused
 * document must not reach.
 *
 * @returns how many did since it was last asked.
 */
export function countResolvers(): () => number {
  let count = 0;
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || !roots.has(type.name)) continue;
    for (const field of Object.values(type.getFields())) {
      for (const kind of ['resolve', 'subscribe'] as const) {
        const original = field[kind];
        if (original == null) continue;
        field[kind] = (...args) => {
          count += 1;
          return original(...args);
        };
      }
    }
  }
  return () => {
    const counted = count;
    count = 0;
    return counted;
  };
}
