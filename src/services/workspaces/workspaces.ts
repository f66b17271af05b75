import type { Member } from '../../domain/viewer.ts';
import type { Database } from '../../store/database.ts';
import type { Membership, Workspace } from '../../store/generated/prisma/client.ts';

export type MembershipWithWorkspace = Membership & { workspace: Workspace };

/** The workspaces of a user: those that they are a member of. One that is closed is not there. */
export type Workspaces = {
  /** @returns the oldest membership first. */
  membershipsOf(user: Pick<Member, 'userId'>): Promise<MembershipWithWorkspace[]>;
  /** @returns null where the user is no member of it. */
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
