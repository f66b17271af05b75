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

/** @throws NotFoundError where the row that another row points to was deleted after that other row was read. */
export function present<Row>(row: Row | null, what: string): Row {
  if (row === null) throw new NotFoundError(what, 'id');
  return row;
}

/** What tells whether there is more in the direction that a page is read. */
const asksForMore = createSelectionReader(
  (fields) => fields.some(({ name }) => name.value === 'hasNextPage' || name.value === 'hasPreviousPage'),
  ['pageInfo'],
);

/** The page that a connection's arguments and selection ask for. */
function pageArgsOf({ first, after, last, before }: PageArgs, info: GraphQLResolveInfo): PageArgs {
  return { first, after, last, before, asksForMore: asksForMore(info) };
}

/** A page in Relay's shape. Classes, as V8 gives each literal that has accessors a hidden class of its own. */
class Connection<Row> {
  readonly edges: Edge<Row>[];
  readonly pageInfo: PageInfo;
  readonly count: () => Promise<number>;

  /** @param count how many rows the whole list has; asked only where the client asks. */
  constructor(page: Page<Row>, count: () => Promise<number>) {
    this.edges = page.edges;
    this.pageInfo = new PageInfo(page);
    this.count = count;
  }
}

/** Where a page stands; cursors are made when they are asked for. */
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

/** @throws Error where the selection was misread: better than a wrong answer. */
function asked(isThere: boolean | undefined): boolean {
  if (isThere === undefined) throw new Error('a page was read without looking for more');
  return isThere;
}

/** Resolves a field that finds one row of the viewer's by its id. @throws InvalidInputError, UnauthenticatedError */
export function findOne<Name extends Table>({ name, type, columns, columnsBehind }: Entity<Name>) {
  const columnsOf = createColumnReader(columns, columnsBehind);
  return (_root: unknown, { id }: { id: string }, context: Context, info: GraphQLResolveInfo) => {
    const services: ListServices = context;
    return services[name].find(requireViewer(context), parseId(type, id), columnsOf(info));
  };
}

/** Resolves a connection of all of the viewer's rows. @throws InvalidInputError, UnauthenticatedError */
export function listAll<Name extends Table>({ name, columns, columnsBehind }: Entity<Name>) {
  const columnsOf = createColumnReader(columns, columnsBehind, ['edges', 'node']);
  return async (
    _root: unknown,
    { filter, order, ...page }: ListArgs<Name>,
    context: Context,
    info: GraphQLResolveInfo,
  ) => {
    const viewer = requireViewer(context);
    const services: ListServices = context;
    const list = { filter, order, page: pageArgsOf(page, info) };
    return new Connection(await services[name].list(viewer, list, columnsOf(info)), () =>
      services[name].count(viewer, filter),
    );
  };
}

type ListArgs<Name extends Table> = PageArgs & {
  filter?: FilterOf[Name] | null | undefined;
  order?: OrderOf<Name> | null | undefined;
};

/** Resolves a connection of the rows of one parent, read together with those of its neighbours. @throws InvalidInputError */
export function listOf<Name extends Table>(
  { name, columns, columnsBehind }: Entity<Name>,
  parent: ParentOf<Name>,
) {
  const columnsOf = createColumnReader(columns, columnsBehind, ['edges', 'node']);
  return async (
    row: { id: string; ownerId: string },
    args: PageArgs,
    context: Context,
    info: GraphQLResolveInfo,
  ) => {
    const owner = ownerOf(row);
    const services: ListServices = context;
    const loaders: ListLoaders = context.loaders();
    const page = services[name].planOf(owner, parent, row.id, pageArgsOf(args, info));
    return new Connection(
      await loaders[name].pages.load({ owner, parent, page, columns: columnsOf(info) }),
      () => loaders[name].counts.load({ owner, parent, id: row.id }),
    );
  };
}

export const totalCountOptions = {
  description: 'The number of rows in the whole list. It is counted only when you ask for it.',
  resolve: ({ count }: { count: () => Promise<number> }) => count(),
};
