import { createSelectionReader } from './selections.ts';

/**
 * Creates a function that finds the columns a selection needs, so that no others are read.
 *
 * @param columns every column of the table.
 * @param others the columns needed by fields that are no columns, or need more than their own.
 * @param path the fields from the resolved field down to its rows, such as `edges`, `node`.
 * @returns a function from a resolver's info to columns. It returns undefined, for all columns, if a field is unknown.
 */
export function createColumnReader<Column extends string>(
  columns: { [Name in Column]: Name },
  others: Readonly<Record<string, readonly Column[]>>,
  path: readonly string[] = [],
) {
  const isColumn = (name: string): name is Column => Object.hasOwn(columns, name);
  return createSelectionReader((fields): readonly Column[] | undefined => {
    const shown = fields.map(({ name: { value } }) =>
      Object.hasOwn(others, value) ? others[value] : isColumn(value) ? [value] : undefined,
    );
    return shown.includes(undefined)
      ? undefined
      : [...new Set(shown.flatMap((names) => names ?? []))].toSorted();
  }, path);
}
