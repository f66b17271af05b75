import {
  Kind,
  type DocumentNode,
  type FragmentDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/** Enough for 50 components at one place, each with a fragment that asks for `id` and `__typename`: 3,675 pairs. */
export const maxPairs = 5_000;
/** A pair of fields with arguments counts as this many pairs, because validation prints and compares the arguments. */
const pairsOfArguments = 5;
/** The maximum number of fields and spreads, with fragments counted at each place where they are spread. */
const maxVisits = 2_000;

/**
 * Checks how many pairs validation would compare: fields with the same response name at one place, and fragments spread at
 * one place. Expands each fragment once at a place, as validation does. Stops at the first exceeded limit, so the time is
 * bounded.
 *
 * @returns whether there are too many.
 */
export function hasTooManyFieldPairs(document: DocumentNode): boolean {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  let pairs = 0;
  let visits = 0;
  const isOver = () => pairs > maxPairs || visits > maxVisits;

  /** Counts the pairs at one place of the answer, then below each response name. */
  function countAt(selectionSets: readonly SelectionSetNode[]): void {
    const fieldsOf = new Map<string, number>();
    const within = new Map<string, SelectionSetNode[]>();
    const spread = new Set<string>();

    function visit(selection: SelectionNode): void {
      visits += 1;
      if (isOver()) return;
      if (selection.kind === Kind.INLINE_FRAGMENT) return selection.selectionSet.selections.forEach(visit);
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const name = selection.name.value;
        if (spread.has(name)) return;
        pairs += spread.size;
        spread.add(name);
        return fragments.get(name)?.selectionSet.selections.forEach(visit);
      }
      const name = (selection.alias ?? selection.name).value;
      const fields = fieldsOf.get(name) ?? 0;
      pairs += fields * (selection.arguments?.length ? pairsOfArguments : 1);
      fieldsOf.set(name, fields + 1);
      if (selection.selectionSet === undefined) return;
      const inner = within.get(name);
      if (inner === undefined) within.set(name, [selection.selectionSet]);
      else inner.push(selection.selectionSet);
    }

    for (const { selections } of selectionSets) selections.forEach(visit);
    for (const inner of within.values()) {
      if (isOver()) return;
      countAt(inner);
    }
  }

  for (const definition of document.definitions) {
    if ('selectionSet' in definition) countAt([definition.selectionSet]);
  }
  return isOver();
}
