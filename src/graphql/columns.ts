import { createSelectionReader } from './selections.ts';

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
) {
  const isColumn = (name: string): name is Column => Object.hasOwn(columns, name);
  return createSelectionReader((fields): readonly Column[] | undefined => {
    const shown = fields.map(({ name: { value } }) =>
      isColumn(value) ? [value] : Object.hasOwn(others, value) ? others[value] : undefined,
    );
    return shown.includes(undefined)
      ? undefined
      : [...new Set(shown.flatMap((names) => names ?? []))].toSorted();
  }, path);
}
