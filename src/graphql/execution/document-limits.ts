import {
  Kind,
  OperationTypeNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { maxPageSize } from '../../store/lists/paging.ts';
import type { ListCost } from '../entities/costs.ts';
import { listCosts } from '../entities/registry.ts';
import { charactersOf, mayBeTooLarge } from './answer-size.ts';
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
  /** As `cost`, within introspection: two queries for the whole schema, as tools send them. */
  introspection: 150_000,
  /** Characters that come back at most: all posts that `cost` allows, with their captions. */
  characters: 16_000_000,
};

type Measure = Record<keyof typeof nothing, number>;

const nothing = { depth: 0, fields: 0, aliases: 0, directives: 0, cost: 0, introspection: 0, characters: 0 };

/**
 * Measures a document before it is validated: some of validation's rules take quadratic time. Each fragment
 * is measured once, however often it is spread, so the time is that of reading the document. GraphQL Armor's
 * plugins would do the same in five passes, but bring a second, older graphql-js with them.
 *
 * @returns why the document is refused, without naming the limits; undefined where it is not.
 */
export function checkDocumentLimits(document: DocumentNode): GraphQLError | undefined {
  const measureOf = createMeasuring(document);
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION || definition.kind === Kind.FRAGMENT_DEFINITION) {
      const measured = measureOf(definition.selectionSet);
      if (isOnIntrospection(definition)) measured.depth = 0;
      measured.directives += definition.directives?.length ?? 0;
      if (isTooMuch(measured) || isTooLongFor(definition, measured)) return documentTooLarge();
    }
  }
  return hasTooManyFieldPairs(document) ? documentTooLarge() : undefined;
}

/** @returns how many fields an operation asks for, and how many characters its answer has at most. */
export function measureOperation(
  document: DocumentNode,
  operation: OperationDefinitionNode,
): { fields: number; characters: number } {
  return createMeasuring(document)(operation.selectionSet);
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
  return (['depth', 'fields', 'aliases', 'directives', 'cost', 'introspection', 'characters'] as const).some(
    (what) => measured[what] > documentLimits[what],
  );
}

/** Only queries may ask for answers that have to be measured: what a mutation did cannot be refused afterwards. */
function isTooLongFor(
  definition: OperationDefinitionNode | FragmentDefinitionNode,
  { characters }: Measure,
): boolean {
  return (
    definition.kind === Kind.OPERATION_DEFINITION &&
    definition.operation !== OperationTypeNode.QUERY &&
    mayBeTooLarge(characters)
  );
}

function createMeasuring(document: DocumentNode) {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const known = new Map<string, Measure>();

  function ofSelections({ selections }: SelectionSetNode): Measure {
    const total: Measure = { ...nothing };
    for (const selection of selections) {
      const part = ofSelection(selection);
      const own = selection.directives?.length ?? 0;
      total.depth = Math.max(total.depth, part.depth);
      total.fields += part.fields;
      total.aliases += part.aliases;
      total.directives += part.directives + (own > documentLimits.directivesAtOneField ? Infinity : own);
      total.cost += part.cost;
      total.introspection += part.introspection;
      total.characters += part.characters;
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
    known.set(name, nothing);
    const fragment = fragments.get(name);
    if (fragment !== undefined) known.set(name, ofSelections(fragment.selectionSet));
    return known.get(name) ?? nothing;
  }

  function ofField(field: FieldNode): Measure {
    const aliases = field.alias === undefined ? 0 : 1;
    // With its quotes, its colon and its comma.
    const name = (field.alias ?? field.name).value.length + 4;
    if (field.selectionSet === undefined) {
      const characters = name + charactersOf(field.name.value);
      return { ...nothing, depth: 1, fields: 1, aliases, cost: 1, characters };
    }
    const inner = ofSelections(field.selectionSet);
    const counts = {
      fields: inner.fields + 1,
      aliases: inner.aliases + aliases,
      directives: inner.directives,
    };
    // As above: its depth is not ours to limit.
    if (field.name.value.startsWith('__'))
      return { ...counts, depth: 1, cost: 1, introspection: inner.cost, characters: name };
    const { entries, entriesOfCharacters } = costOf(field);
    return {
      ...counts,
      depth: inner.depth + 1,
      introspection: inner.introspection,
      cost: 1 + inner.cost * entries,
      characters: name + inner.characters * entriesOfCharacters,
    };
  }

  return ofSelections;
}

/** Introspection has a depth limit of its own among graphql-js' rules. */
function isOnIntrospection(definition: OperationDefinitionNode | FragmentDefinitionNode): boolean {
  return definition.kind === Kind.FRAGMENT_DEFINITION && definition.typeCondition.name.value.startsWith('__');
}

/** What is no list is there once. */
const single: ListCost = { entries: 1, entriesOfCharacters: 1 };

/** How many entries a list brings at most: as many as its arguments say, or what its kind does. */
function costOf(field: FieldNode): ListCost {
  const sizes = field.arguments?.flatMap(({ name, value }) => {
    if (name.value === 'ids') return [value.kind === Kind.LIST ? value.values.length : maxPageSize];
    if (name.value !== 'first' && name.value !== 'last') return [];
    return [value.kind === Kind.INT ? Math.min(maxPageSize, Math.abs(Number(value.value))) : maxPageSize];
  });
  if (sizes === undefined || sizes.length === 0) return listCosts.get(field.name.value) ?? single;
  const entries = Math.max(...sizes);
  return { entries, entriesOfCharacters: entries };
}
