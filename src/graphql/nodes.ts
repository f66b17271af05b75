import { InvalidInputError } from '../domain/errors/errors.ts';
import type { NodeType } from '../domain/ids.ts';
import type { Viewer } from '../domain/viewer.ts';
import type { Table } from '../store/lists/tables.ts';
import { requireViewer, type Context } from './context.ts';

/**
 * Finds a node by its decoded global id.
 *
 * @returns the node; null if it does not exist or belongs to another workspace.
 * @throws InvalidInputError if no node has such an id, UnauthenticatedError
 */
export async function findNode(
  context: Context,
  { typename, id }: { typename: string; id: string },
): Promise<object | null> {
  const find = isNodeType(typename) ? finders[typename] : undefined;
  if (find === undefined) throw notANode();
  const node = await find(context, requireViewer(context), id);
  return node === null ? null : { ...node, __typename: typename };
}

type Find = (context: Context, viewer: Viewer, id: string) => Promise<object | null>;

/** Functions that find a node, by type. */
const finders: { [Type in NodeType]: Find } = {
  User: (context, viewer, id) => (id === viewer.userId ? context.accounts.me(viewer) : Promise.resolve(null)),
  Workspace: async ({ workspaces }, viewer, id) =>
    (await workspaces.membershipIn(viewer, id))?.workspace ?? null,
  Campaign: rowOf('campaigns'),
  Batch: rowOf('batches'),
  Post: rowOf('posts'),
};

const isNodeType = (typename: string): typename is NodeType => Object.hasOwn(finders, typename);

function rowOf(name: Table): Find {
  return async ({ loaders }, owner, id) => {
    const row = await loaders()[name].byId.load({ owner, id });
    // A row that is being deleted is only visible through rows that refer to it.
    return row !== null && 'deletedAt' in row && row.deletedAt !== null ? null : row;
  };
}

function notANode(): InvalidInputError {
  return new InvalidInputError([{ path: 'id', message: 'must be the id of a node' }]);
}
