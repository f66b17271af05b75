import {
  getDirectiveValues,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  isAbstractType,
  Kind,
  typeFromAST,
  visit,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  type NamedTypeNode,
  type SelectionNode,
  type SelectionSetNode,
  type VariableValues,
} from 'graphql';

/** Where selections are read: a document with the values that its conditions depend on. */
export type Selections = {
  schema: GraphQLSchema;
  fragments: Readonly<Record<string, FragmentDefinitionNode>>;
  variables: VariableValues;
};

/** A field of an answer: all nodes of the document that ask for it under this name. */
export type SelectedField = { key: string; nodes: readonly [FieldNode, ...FieldNode[]] };

/**
 * Which fields of an object a document asks for, in the order of the answer.
 *
 * As https://spec.graphql.org/September2025/#CollectFields() does it.
 */
export function selectFields(
  { schema, fragments, variables }: Selections,
  type: GraphQLObjectType,
  asking: readonly FieldNode[] | SelectionSetNode,
): SelectedField[] {
  const byKey = new Map<string, [FieldNode, ...FieldNode[]]>();
  const spread = new Set<string>();

  function add({ selections }: SelectionSetNode): void {
    for (const selection of selections) {
      if (!isIncluded(selection, variables)) continue;
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value;
        const known = byKey.get(key);
        if (known === undefined) byKey.set(key, [selection]);
        else known.push(selection);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        if (applies(selection.typeCondition)) add(selection.selectionSet);
      } else {
        const { value } = selection.name;
        const fragment = fragments[value];
        if (fragment === undefined || spread.has(value)) continue;
        spread.add(value);
        if (applies(fragment.typeCondition)) add(fragment.selectionSet);
      }
    }
  }

  function applies(condition: NamedTypeNode | undefined): boolean {
    const named = condition === undefined ? type : typeFromAST(schema, condition);
    return named === type || (isAbstractType(named) && schema.isSubType(named, type));
  }

  if ('kind' in asking) add(asking);
  else for (const { selectionSet } of asking) if (selectionSet !== undefined) add(selectionSet);
  return [...byKey].map(([key, nodes]) => ({ key, nodes }));
}

/** The variables on whose values it depends what is selected. */
export function conditionsOf(document: DocumentNode): string[] {
  const names = new Set<string>();
  visit(document, {
    Directive({ name, arguments: args = [] }) {
      if (name.value !== GraphQLSkipDirective.name && name.value !== GraphQLIncludeDirective.name) return;
      for (const { value } of args) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names];
}

function isIncluded(node: SelectionNode, variables: VariableValues): boolean {
  if (node.directives === undefined || node.directives.length === 0) return true;
  if (getDirectiveValues(GraphQLSkipDirective, node, variables)?.['if'] === true) return false;
  return getDirectiveValues(GraphQLIncludeDirective, node, variables)?.['if'] !== false;
}
