import {
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { maxPageSize } from '../services/paging.ts';
import { documentTooLarge } from './document-text.ts';
import { hasTooManyFieldPairs } from './field-pairs.ts';

/**
 * What one document may ask for. Far above what any client of ours sends (a list of posts with all of their
 * fields has a depth of 5, about 30 fields, and costs 2,500 at its largest page), far below what hurts.
 */
const documentLimits = {
  depth: 12,
  fields: 500,
  aliases: 50,
  directives: 20,
  directivesAtOneField: 3,
  /** Fields that come back at most, each entry of a page counted. */
  cost: 20_000,
};

/** What a connection brings that names no size. */
const defaultPage = 20;

type Measure = { depth: number; fields: number; aliases: number; directives: number; cost: number };

/**
 * Measures a document before it is validated: some of validation's rules take quadratic time. Each fragment
 * is measured once, however often it is spread, so the time is that of reading the document. GraphQL Armor's
 * plugins would do the same in five passes, but bring a second, older graphql-js with them.
 *
 * @returns why the document is refused, without naming the limits; undefined where it is not.
 */
export function checkDocumentLimits(document: DocumentNode): GraphQLError | undefined {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const measureOf = createMeasuring(fragments);
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION || definition.kind === Kind.FRAGMENT_DEFINITION) {
      const measured = measureOf(definition.selectionSet);
      if (isOnIntrospection(definition)) measured.depth = 0;
      measured.directives += definition.directives?.length ?? 0;
      if (isTooMuch(measured)) return documentTooLarge();
    }
  }
  return hasTooManyFieldPairs(document) ? documentTooLarge() : undefined;
}

/** @returns how many top-level fields an operation runs: what rate limits count. */
export function countRootFields(document: DocumentNode, operationName: string | null | undefined): number {
  const fragments = new Map<string, FragmentDefinitionNode>();
  const operations = document.definitions.flatMap((definition) => {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
    return definition.kind === Kind.OPERATION_DEFINITION ? [definition] : [];
  });
  const operation = operations.find(({ name }) => name?.value === operationName) ?? operations[0];
  const count = ({ selections }: SelectionSetNode): number =>
    selections
      .map((selection): number => {
        if (selection.kind === Kind.FIELD) return 1;
        if (selection.kind === Kind.INLINE_FRAGMENT) return count(selection.selectionSet);
        const fragment = fragments.get(selection.name.value);
        return fragment === undefined ? 0 : count(fragment.selectionSet);
      })
      .reduce((sum, part) => sum + part, 0);
  return operation === undefined ? 1 : count(operation.selectionSet);
}

function isTooMuch(measured: Measure): boolean {
  return (['depth', 'fields', 'aliases', 'directives', 'cost'] as const).some(
    (what) => measured[what] > documentLimits[what],
  );
}

function createMeasuring(fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
  const known = new Map<string, Measure>();

  function ofSelections({ selections }: SelectionSetNode): Measure {
    const total: Measure = { depth: 0, fields: 0, aliases: 0, directives: 0, cost: 0 };
    for (const selection of selections) {
      const part = ofSelection(selection);
      const own = selection.directives?.length ?? 0;
      total.depth = Math.max(total.depth, part.depth);
      total.fields += part.fields;
      total.aliases += part.aliases;
      total.directives += part.directives + (own > documentLimits.directivesAtOneField ? Infinity : own);
      total.cost += part.cost;
    }
    return total;
  }

  function ofSelection(selection: SelectionNode): Measure {
    if (selection.kind === Kind.FIELD) return ofField(selection);
    if (selection.kind === Kind.INLINE_FRAGMENT) return ofSelections(selection.selectionSet);
    const name = selection.name.value;
    const measured = known.get(name);
    if (measured !== undefined) return measured;
    // Stands for itself while it is measured: a circle ends here, and validation refuses it.
    known.set(name, { depth: 0, fields: 0, aliases: 0, directives: 0, cost: 0 });
    const fragment = fragments.get(name);
    if (fragment !== undefined) known.set(name, ofSelections(fragment.selectionSet));
    return known.get(name) ?? ofSelections({ kind: Kind.SELECTION_SET, selections: [] });
  }

  function ofField(field: FieldNode): Measure {
    const aliases = field.alias === undefined ? 0 : 1;
    if (field.selectionSet === undefined) return { depth: 1, fields: 1, aliases, directives: 0, cost: 1 };
    const inner = ofSelections(field.selectionSet);
    // As above: its depth is not ours to limit.
    const isIntrospection = field.name.value.startsWith('__');
    return {
      depth: isIntrospection ? 1 : inner.depth + 1,
      fields: inner.fields + 1,
      aliases: inner.aliases + aliases,
      directives: inner.directives,
      cost: 1 + inner.cost * pageSize(field),
    };
  }

  return ofSelections;
}

/** Introspection has a depth limit of its own among graphql-js' rules. */
function isOnIntrospection(definition: OperationDefinitionNode | FragmentDefinitionNode): boolean {
  return definition.kind === Kind.FRAGMENT_DEFINITION && definition.typeCondition.name.value.startsWith('__');
}

/** Fields that bring a list, without saying how long. */
const lists = new Set(['campaigns', 'batches', 'posts', 'revisions']);

/** How many entries a list brings at most; 1 for what is none. */
function pageSize(field: FieldNode): number {
  const sizes = field.arguments?.flatMap(({ name, value }) => {
    if (name.value === 'ids') return [value.kind === Kind.LIST ? value.values.length : maxPageSize];
    if (name.value !== 'first' && name.value !== 'last') return [];
    return [value.kind === Kind.INT ? Math.min(maxPageSize, Math.abs(Number(value.value))) : maxPageSize];
  });
  if (sizes !== undefined && sizes.length > 0) return Math.max(...sizes);
  return lists.has(field.name.value) ? defaultPage : 1;
}
