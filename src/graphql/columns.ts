import { Kind, type FieldNode, type GraphQLResolveInfo, type SelectionSetNode } from 'graphql';

/**
 * Which columns a selection shows of the rows that a field answers with, so that no others are read.
 *
 * @param columns every column of the table.
 * @param others the columns behind fields that are none themselves.
 * @param path the fields between the field and its rows, such as `edges`, `node`.
 * @returns a function that says undefined where a selection has a field that it does not know: then all are read.
 */
export function createColumnReader<Column extends string>(
  columns: { [Name in Column]: Name },
  others: Readonly<Record<string, readonly Column[]>>,
  path: readonly string[] = [],
): (info: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>) => readonly Column[] | undefined {
  const isColumn = (name: string): name is Column => Object.hasOwn(columns, name);
  // Documents are kept and their fields with them (graphql/documents.ts): each is looked at once.
  const known = new WeakMap<FieldNode, readonly Column[] | undefined>();

  function read({ fieldNodes, fragments }: Parameters<ReturnType<typeof createColumnReader>>[0]) {
    let fields = [...fieldNodes];
    for (const name of [...path, undefined]) {
      const selected = fields.flatMap(({ selectionSet }) => fieldsOf(selectionSet, fragments));
      fields = name === undefined ? selected : selected.filter((field) => field.name.value === name);
    }
    const shown = fields.map(({ name: { value } }) =>
      isColumn(value) ? [value] : Object.hasOwn(others, value) ? others[value] : undefined,
    );
    return shown.includes(undefined)
      ? undefined
      : [...new Set(shown.flatMap((names) => names ?? []))].toSorted();
  }

  return (info) => {
    const [field, ...merged] = info.fieldNodes;
    if (field === undefined || merged.length > 0) return read(info);
    if (!known.has(field)) known.set(field, read(info));
    return known.get(field);
  };
}

/** All fields of a selection, whatever their conditions. */
function fieldsOf(
  selectionSet: SelectionSetNode | undefined,
  fragments: GraphQLResolveInfo['fragments'],
): FieldNode[] {
  return (selectionSet?.selections ?? []).flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection];
    if (selection.kind === Kind.INLINE_FRAGMENT) return fieldsOf(selection.selectionSet, fragments);
    return fieldsOf(fragments[selection.name.value]?.selectionSet, fragments);
  });
}
