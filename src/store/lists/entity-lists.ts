import type { z } from 'zod';
import { parseInput } from '../../domain/validation.ts';
import type { Database } from '../database.ts';
import { ownedBy, type Owner } from '../ownership.ts';
import type { Rows } from './filters.ts';
import { createLists, newestFirst, type PageOf } from './lists.ts';
import { planPage, type Page, type PageArgs } from './paging.ts';
import {
  isBeingDeleted,
  type Columns,
  type OrderOf,
  type ParentOf,
  type RowOf,
  type Table,
} from './tables.ts';

type Absent = null | undefined;

/** Reads of one table: rows by id, a list with a filter, and lists of the rows of one parent. */
export type EntityLists<Name extends Table, Filter> = {
  /** @returns null if the workspace has no such row, or is deleting it. */
  find(owner: Owner, id: string, columns?: Columns<RowOf[Name]>): Promise<RowOf[Name] | null>;
  /** @returns rows in the order of the ids, also those that are being deleted; null where the workspace has no such row. */
  findAll(owner: Owner, ids: readonly string[]): Promise<(RowOf[Name] | null)[]>;
  /** Reads a page, newest first by default. @throws InvalidInputError */
  list(
    owner: Owner,
    args: { filter: Filter | Absent; order: OrderOf<Name> | Absent; page: PageArgs },
    columns?: Columns<RowOf[Name]>,
  ): Promise<Page<RowOf[Name]>>;
  /** Counts the rows of the list. @throws InvalidInputError */
  count(owner: Owner, filter: Filter | Absent): Promise<number>;
  /** Plans a page of one parent's rows, newest first, to be read by `pagesOf`. @throws InvalidInputError */
  planOf(owner: Owner, parent: ParentOf<Name>, parentId: string, page: PageArgs): PageOf;
  /** Reads planned pages of several parents, in one statement. */
  pagesOf(
    owner: Owner,
    parent: ParentOf<Name>,
    wanted: readonly PageOf[],
    columns?: Columns<RowOf[Name]>,
  ): Promise<Page<RowOf[Name]>[]>;
  /** Counts the rows of each of these parents, in their order. */
  countsOf(owner: Owner, parent: ParentOf<Name>, parentIds: readonly string[]): Promise<number[]>;
};

/**
 * Creates the reads of one table.
 *
 * @param filterSchema parses the list's filter.
 * @param rowsOf returns the conditions for a workspace and a parsed filter.
 */
export function createEntityLists<Name extends Table, Filter, Parsed extends object>(
  database: Pick<Database, 'query'>,
  name: Name,
  filterSchema: z.ZodType<Parsed, Filter>,
  rowsOf: (owner: Owner, filter: Parsed) => Rows,
): EntityLists<Name, Filter> {
  const lists = createLists(database, name);
  const parse = (filter: Filter | Absent) => parseInput(filterSchema, filter ?? {}, 'filter');
  return {
    async find(owner, id, columns) {
      const [found] = await lists.findAll(owner, [id], columns);
      return found == null || isBeingDeleted(found) ? null : found;
    },
    findAll: lists.findAll,
    async list(owner, { filter, order, page }, columns) {
      const parsed = parse(filter);
      const list = { name, ...ownedBy(owner), filter: parsed, order: order ?? newestFirst };
      return lists.page(list, page, rowsOf(owner, parsed), columns);
    },
    count: async (owner, filter) => lists.count(rowsOf(owner, parse(filter))),
    planOf(owner, parent, parentId, page) {
      const list = { name, ...ownedBy(owner), filter: { [parent]: parentId }, order: newestFirst };
      return { parentId, ...planPage(list, page) };
    },
    pagesOf: lists.pagesOf,
    countsOf: lists.countsOf,
  };
}
