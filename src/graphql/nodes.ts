import { InvalidInputError } from '../domain/errors/errors.ts';
import type { NodeType } from '../domain/ids.ts';
import type { Viewer } from '../domain/viewer.ts';
import { isBeingDeleted, type Table } from '../store/lists/tables.ts';
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
  // Asked of the service for other ids too: what differs between members of a workspace is not cached, as kept answers are theirs together.
  User: async ({ accounts }, viewer, id) => {
    const user = await accounts.me(viewer);
    return user?.id === id ? user : null;
  },
  Workspace: async ({ workspaces }, viewer, id) =>
    (await workspaces.membershipIn(viewer, id))?.workspace ?? null,
  Campaign: rowOf('campaigns'),
  Batch: rowOf('batches'),
  PlanItem: rowOf('planItems'),
  Post: rowOf('posts'),
  Brand: rowOf('brands'),
};

const isNodeType = (typename: string): typename is NodeType => Object.hasOwn(finders, typename);

function rowOf(name: Table): Find {
  return async ({ loaders }, owner, id) => {
    const row = await loaders()[name].byId.load({ owner, id });
    return row === null || isBeingDeleted(row) ? null : row;
  };
}

function notANode(): InvalidInputError {
  return new InvalidInputError([{ path: 'id', message: 'must be the id of a node' }]);
}
