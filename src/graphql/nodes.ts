import { InvalidInputError } from '../domain/errors/errors.ts';
import type { MembershipWithWorkspace } from '../services/workspaces/workspaces.ts';
import type { Campaign, Workspace } from '../store/generated/prisma/client.ts';
import { requireViewer, type Context } from './context.ts';

/**
 * @returns what is the viewer's under a global id; null for what is absent and for what is somebody else's alike.
 * @throws InvalidInputError for an id of no node, UnauthenticatedError
 */
export async function findNode(
  context: Context,
  { typename, id }: { typename: string; id: string },
): Promise<object | null> {
  const node = await load(context, typename, id);
  return node === null ? null : { ...node, __typename: typename };
}

function load(context: Context, typename: string, id: string): Promise<object | null> {
  const { loaders, accounts, workspaces } = context;
  const owner = requireViewer(context);
  switch (typename) {
    case 'Campaign':
      return existing(loaders().campaigns.load({ owner, id }));
    case 'Batch':
      return loaders().batches.load({ owner, id });
    case 'Post':
      return loaders().posts.load({ owner, id });
    case 'User':
      return id === owner.userId ? accounts.me(owner) : Promise.resolve(null);
    case 'Workspace':
      return workspaceOf(workspaces.membershipIn(owner, id));
    default:
      throw notANode();
  }
}

function notANode(): InvalidInputError {
  return new InvalidInputError([{ path: 'id', message: 'must be the id of a node' }]);
}

async function workspaceOf(membership: Promise<MembershipWithWorkspace | null>): Promise<Workspace | null> {
  return (await membership)?.workspace ?? null;
}

/** One that is being deleted is there for its posts alone. */
async function existing(loaded: Promise<Campaign | null>): Promise<Campaign | null> {
  const campaign = await loaded;
  return campaign?.deletedAt === null ? campaign : null;
}
