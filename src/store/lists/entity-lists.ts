import type { z } from 'zod';
import { parseInput } from '../../domain/validation.ts';
import type { Database } from '../database.ts';
import { ownedBy, type Owner } from '../ownership.ts';
import type { Rows } from './filters.ts';
import { createLists, type PageOf } from './lists.ts';
import type { RowsOfParent } from './page-sql.ts';
import { planPage, type Page, type PageArgs } from './paging.ts';
import {
  isBeingDeleted,
  tables,
  type Columns,
  type OrderOf,
  type ParentOf,
  type RowOf,
  type Table,
} from './tables.ts';

type Absent = null | undefined;

/** What is asked of a list. */
type ListArgs<Name extends Table, Filter> = {
  filter: Filter | Absent;
  order: OrderOf<Name> | Absent;
  page: PageArgs;
};

/** Reads of one table: rows by id, a list with a filter, and lists of the rows of one parent. */
export type EntityLists<Name extends Table, Filter> = {
  /** @returns null if the workspace has no such row, or is deleting it. */
  find(owner: Owner, id: string, columns?: Columns<RowOf[Name]>): Promise<RowOf[Name] | null>;
  /** @returns rows in the order of the ids, also those that are being deleted; null where the workspace has no such row. */
  findAll(owner: Owner, ids: readonly string[]): Promise<(RowOf[Name] | null)[]>;
  /** Reads a page, in the table's default order unless another is given. @throws InvalidInputError */
  list(
    owner: Owner,
    args: ListArgs<Name, Filter>,
    columns?: Columns<RowOf[Name]>,
  ): Promise<Page<RowOf[Name]>>;
  /** Counts the rows of the list. @throws InvalidInputError */
  count(owner: Owner, filter: Filter | Absent): Promise<number>;
  /**
   * Plans a page of one parent's rows, in the table's default order unless another is given, to be read by `pagesOf`. It is the same list as the one whose
   * filter names this parent. A filter that names another one matches nothing.
   *
   * @throws InvalidInputError
   */
  planOf(owner: Owner, parent: ParentOf<Name>, parentId: string, args: ListArgs<Name, Filter>): PageOf<Name>;
  /** Reads planned pages of several parents, in one statement. */
  pagesOf(wanted: readonly PageOf<Name>[], columns?: Columns<RowOf[Name]>): Promise<Page<RowOf[Name]>[]>;
  /** Counts the rows of several parents, in one statement. */
  countsOf(wanted: readonly RowsOfParent[]): Promise<number[]>;
};

/**
 * Creates the reads of one table.
 *
 * @param filterSchema parses the list's filter.
 * @param rowsOf returns the conditions for a workspace and a parsed filter. With `parent`, the rows are those of `eachParent`.
 */
export function createEntityLists<Name extends Table, Filter, Parsed extends object>(
  database: Pick<Database, 'query'>,
  name: Name,
  filterSchema: z.ZodType<Parsed, Filter> & { shape: object },
  rowsOf: (owner: Owner, filter: Parsed, parent?: ParentOf<Name>) => Rows,
): EntityLists<Name, Filter> {
  const lists = createLists(database, name);
  const { defaultOrder } = tables[name];
  const parse = (filter: Filter | Absent) => parseInput(filterSchema, filter ?? {}, 'filter');
  const fields = Object.keys(filterSchema.shape);
  /** The filter that also names this parent. Its fields stand in the schema's order, as those of a parsed one do. */
  const naming = (parent: ParentOf<Name>, parentId: string, filter: Parsed) => {
    const values = new Map<string, unknown>([...Object.entries(filter), [parent, parentId]]);
    return Object.fromEntries(
      fields.flatMap((field) => (values.has(field) ? [[field, values.get(field)]] : [])),
    );
  };
  return {
    async find(owner, id, columns) {
      const [found] = await lists.findAll(owner, [id], columns);
      return found == null || isBeingDeleted(found) ? null : found;
    },
    findAll: lists.findAll,
    async list(owner, { filter, order, page }, columns) {
      const parsed = parse(filter);
      const list = { name, ...ownedBy(owner), filter: parsed, order: order ?? defaultOrder };
      return lists.page(list, page, rowsOf(owner, parsed), columns);
    },
    count: async (owner, filter) => lists.count(rowsOf(owner, parse(filter))),
    planOf(owner, parent, parentId, { filter, order, page }) {
      const parsed = parse(filter);
      const list = {
        name,
        ...ownedBy(owner),
        filter: naming(parent, parentId, parsed),
        order: order ?? defaultOrder,
      };
      const rows = () => rowsOf(owner, parsed, parent);
      return { parentId, filter: parsed, rows, ...planPage(list, page) };
    },
    pagesOf: lists.pagesOf,
    countsOf: lists.countsOf,
  };
}
