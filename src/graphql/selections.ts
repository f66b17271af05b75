import { Kind, type FieldNode, type GraphQLResolveInfo, type SelectionSetNode } from 'graphql';

type Info = Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>;

/**
 * Creates a function that reads a field's selection for its resolver.
 *
 * @param read computes a value from all selected fields. `@skip` and `@include` are ignored.
 * @param path the fields from the resolved field down to the selection to read, such as `edges`, `node`.
 * @returns a function from a resolver's info to that value.
 */
export function createSelectionReader<Value>(
  read: (fields: readonly FieldNode[]) => Value,
  path: readonly string[] = [],
): (info: Info) => Value {
  // Parsed documents are cached (graphql/execution/documents.ts), so each field node is read once.
  const known = new WeakMap<FieldNode, { value: Value }>();

  function find({ fieldNodes, fragments }: Info): Value {
    let fields = [...fieldNodes];
    for (const name of path)
      fields = selectedOf(fields, fragments).filter((field) => field.name.value === name);
    return read(selectedOf(fields, fragments));
  }

  return (info) => {
    const [field, ...merged] = info.fieldNodes;
    if (field === undefined || merged.length > 0) return find(info);
    let found = known.get(field);
    if (found === undefined) known.set(field, (found = { value: find(info) }));
    return found.value;
  };
}

function selectedOf(fields: readonly FieldNode[], fragments: Info['fragments']): FieldNode[] {
  return fields.flatMap(({ selectionSet }) => fieldsOf(selectionSet, fragments));
}

function fieldsOf(selectionSet: SelectionSetNode | undefined, fragments: Info['fragments']): FieldNode[] {
  return (selectionSet?.selections ?? []).flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection];
    if (selection.kind === Kind.INLINE_FRAGMENT) return fieldsOf(selection.selectionSet, fragments);
    return fieldsOf(fragments[selection.name.value]?.selectionSet, fragments);
  });
}
