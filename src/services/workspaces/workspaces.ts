import type { Member } from '../../domain/viewer.ts';
import type { Database } from '../../store/database.ts';
import type { Membership, Workspace } from '../../store/generated/prisma/client.ts';

export type MembershipWithWorkspace = Membership & { workspace: Workspace };

/** The open workspaces that a user is a member of. */
export type Workspaces = {
  /** @returns the user's memberships, oldest first. */
  membershipsOf(user: Pick<Member, 'userId'>): Promise<MembershipWithWorkspace[]>;
  /** @returns null if the user is no member of it. */
  membershipIn(user: Pick<Member, 'userId'>, workspaceId: string): Promise<MembershipWithWorkspace | null>;
};

export function createWorkspaces({ prisma }: Database): Workspaces {
  const isOpen = { workspace: { closedAt: null } };
  const include = { workspace: true };
  return {
    membershipsOf: ({ userId }) =>
      prisma.membership.findMany({
        where: { userId, ...isOpen },
        include,
        orderBy: [{ createdAt: 'asc' }, { workspaceId: 'asc' }],
      }),
    membershipIn: ({ userId }, workspaceId) =>
      prisma.membership.findFirst({ where: { userId, workspaceId, ...isOpen }, include }),
  };
}
