import type { GraphQLResolveInfo } from 'graphql';
import { NotFoundError } from '../domain/errors/errors.ts';
import type { Edge, Page, PageArgs } from '../store/lists/paging.ts';
import type { OrderOf, ParentOf, Table } from '../store/lists/tables.ts';
import { ownerOf } from '../store/ownership.ts';
import { createColumnReader } from './columns.ts';
import { requireViewer, type Context } from './context.ts';
import type { Entity, FilterOf, ListServices } from './entities/entity.ts';
import { parseId } from './ids.ts';
import type { ListLoaders } from './loaders.ts';
import { createSelectionReader } from './selections.ts';

/**
 * Returns a row that another row refers to.
 *
 * @throws NotFoundError if it was deleted after the other row was read.
 */
export function present<Row>(row: Row | null, what: string): Row {
  if (row === null) throw new NotFoundError(what, 'id');
  return row;
}

/** Whether a selection asks if there are more rows. */
const asksForMore = createSelectionReader(
  (fields) => fields.some(({ name }) => name.value === 'hasNextPage' || name.value === 'hasPreviousPage'),
  ['pageInfo'],
);

/** @returns the page that a connection's arguments and selection ask for. */
function pageArgsOf({ first, after, last, before }: PageArgs, info: GraphQLResolveInfo): PageArgs {
  return { first, after, last, before, asksForMore: asksForMore(info) };
}

/** A page in Relay's shape. A class, because V8 gives each object literal with accessors its own hidden class. */
export class Connection<Row> {
  readonly edges: Edge<Row>[];
  readonly pageInfo: PageInfo;
  readonly count: () => Promise<number>;

  /** @param count counts the whole list; called only if the client asks for it. Left out for a list without `totalCount`. */
  constructor(page: Page<Row>, count: () => Promise<number> = uncounted) {
    this.edges = page.edges;
    this.pageInfo = new PageInfo(page);
    this.count = count;
  }
}

const uncounted = () => Promise.reject(new Error('this list is not counted'));

/** The position of a page. Cursors are created on demand. */
class PageInfo {
  readonly #page: Page<unknown>;

  constructor(page: Page<unknown>) {
    this.#page = page;
  }

  get hasNextPage() {
    return asked(this.#page.hasNextPage);
  }

  get hasPreviousPage() {
    return asked(this.#page.hasPreviousPage);
  }

  get startCursor() {
    return this.#page.edges[0]?.cursor ?? null;
  }

  get endCursor() {
    return this.#page.edges.at(-1)?.cursor ?? null;
  }
}

/** @throws Error if the page was read without looking for more rows. */
function asked(isThere: boolean | undefined): boolean {
  if (isThere === undefined) throw new Error('a page was read without looking for more');
  return isThere;
}

/**
 * Creates a resolver that finds one row of the viewer's workspace by id.
 *
 * @throws InvalidInputError, UnauthenticatedError
 */
export function findOne<Name extends Table>({ name, type, columns, columnsBehind }: Entity<Name>) {
  const columnsOf = createColumnReader(columns, columnsBehind);
  return (_root: unknown, { id }: { id: string }, context: Context, info: GraphQLResolveInfo) => {
    const services: ListServices = context;
    return services[name].find(requireViewer(context), parseId(type, id), columnsOf(info));
  };
}

/**
 * Creates a resolver for a connection of all rows of the viewer's workspace.
 *
 * @throws InvalidInputError, UnauthenticatedError
 */
export function listAll<Name extends Table>({ name, columns, columnsBehind }: Entity<Name>) {
  const columnsOf = createColumnReader(columns, columnsBehind, ['edges', 'node']);
  return async (
    _root: unknown,
    { filter, order, ...args }: ListArgs<Name>,
    context: Context,
    info: GraphQLResolveInfo,
  ) => {
    const viewer = requireViewer(context);
    const services: ListServices = context;
    const list = { filter, order, page: pageArgsOf(args, info) };
    return new Connection(await services[name].list(viewer, list, columnsOf(info)), () =>
      services[name].count(viewer, filter),
    );
  };
}

type ListArgs<Name extends Table> = PageArgs & {
  filter?: FilterOf[Name] | null | undefined;
  order?: OrderOf<Name> | null | undefined;
};

/**
 * Creates a resolver for a connection of the rows of one parent, read in one statement with those of its siblings.
 *
 * @throws InvalidInputError
 */
export function listOf<Name extends Table>(
  { name, columns, columnsBehind }: Entity<Name>,
  parent: ParentOf<Name>,
) {
  const columnsOf = createColumnReader(columns, columnsBehind, ['edges', 'node']);
  return async (
    row: { id: string; ownerId: string },
    { filter, order, ...args }: ListArgs<Name>,
    context: Context,
    info: GraphQLResolveInfo,
  ) => {
    const owner = ownerOf(row);
    const services: ListServices = context;
    const loaders: ListLoaders = context.loaders();
    const list = { filter, order, page: pageArgsOf(args, info) };
    const page = services[name].planOf(owner, parent, row.id, list);
    return new Connection(
      await loaders[name].pages.load({ owner, parent, page, columns: columnsOf(info) }),
      () => loaders[name].counts.load({ owner, parent, page }),
    );
  };
}

/** The field `totalCount` of every connection. */
export const totalCountOptions = {
  description: 'The number of rows in the whole list. It is counted only when you ask for it.',
  resolve: ({ count }: { count: () => Promise<number> }) => count(),
};
