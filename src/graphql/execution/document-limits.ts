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
import { charactersOf, maxSureCharacters, mayBeTooLarge } from './answer-size.ts';
import { documentTooLarge } from './document-text.ts';
import { hasTooManyFieldPairs, maxPairs } from './field-pairs.ts';

/**
 * The limits of one document. They are far above what clients need: a list of posts with all fields has a depth of 5,
 * about 30 fields, and a cost of 2,500 at the largest page.
 */
const documentLimits = [
  { what: 'depth', max: 12, unit: 'levels of fields' },
  { what: 'fields', max: 500, unit: 'fields' },
  { what: 'aliases', max: 50, unit: 'aliases' },
  { what: 'directives', max: 20, unit: 'directives' },
  { what: 'directivesAtOneField', max: 3, unit: 'directives at one field' },
  { what: 'cost', max: 20_000, unit: 'fields in its answer, with each entry of a page counted' },
  // Enough for two queries of the whole schema.
  { what: 'introspection', max: 150_000, unit: 'fields of the schema in its answer' },
  // Enough for all posts that `cost` allows, with captions.
  { what: 'characters', max: 16_000_000, unit: 'characters in its answer' },
] as const;

type Measure = Record<(typeof documentLimits)[number]['what'], number>;

const nothing: Measure = {
  depth: 0,
  fields: 0,
  aliases: 0,
  directives: 0,
  directivesAtOneField: 0,
  cost: 0,
  introspection: 0,
  characters: 0,
};

/**
 * Checks a document against the limits before validation, because some validation rules take quadratic time. Each fragment
 * is measured once, so the time is linear.
 *
 * @returns the error if the document exceeds a limit.
 */
export function checkDocumentLimits(document: DocumentNode): GraphQLError | undefined {
  const measureOf = createMeasuring(document);
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION || definition.kind === Kind.FRAGMENT_DEFINITION) {
      const measured = measureOf(definition.selectionSet);
      if (isOnIntrospection(definition)) measured.depth = 0;
      measured.directives += definition.directives?.length ?? 0;
      const exceeded = documentLimits.find(({ what, max }) => measured[what] > max);
      if (exceeded !== undefined) return documentTooLarge(exceeded.max, exceeded.unit);
      if (isTooLongFor(definition, measured)) {
        return documentTooLarge(maxSureCharacters, 'characters in the answer to a mutation or subscription');
      }
    }
  }
  return hasTooManyFieldPairs(document)
    ? documentTooLarge(maxPairs, 'pairs of fields to compare')
    : undefined;
}

/** @returns the maximum characters of the answer to an operation. */
export function countCharacters(document: DocumentNode, operation: OperationDefinitionNode): number {
  return createMeasuring(document)(operation.selectionSet).characters;
}

/** @returns the number of top-level fields of an operation, which rate limits count. */
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

/** Only queries may have answers that must be measured: a mutation cannot be refused after it ran. */
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
      total.directives += part.directives + own;
      total.directivesAtOneField = Math.max(total.directivesAtOneField, part.directivesAtOneField, own);
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
    // Ends a cycle of fragments here; validation refuses it later.
    known.set(name, nothing);
    const fragment = fragments.get(name);
    if (fragment !== undefined) known.set(name, ofSelections(fragment.selectionSet));
    return known.get(name) ?? nothing;
  }

  function ofField(field: FieldNode): Measure {
    const aliases = field.alias === undefined ? 0 : 1;
    // The name with quotes, colon and comma.
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
      directivesAtOneField: inner.directivesAtOneField,
    };
    // graphql-js limits the depth of introspection.
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

/** graphql-js has its own depth limit for introspection. */
function isOnIntrospection(definition: OperationDefinitionNode | FragmentDefinitionNode): boolean {
  return definition.kind === Kind.FRAGMENT_DEFINITION && definition.typeCondition.name.value.startsWith('__');
}

/** The cost of a field that is not a list. */
const single: ListCost = { entries: 1, entriesOfCharacters: 1 };

/** @returns the maximum number of entries of a field, from its arguments or else from its list cost. */
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
