import { builder } from '../../builder.ts';
import { requireViewer } from '../../context.ts';
import type { MembershipWithWorkspace } from '../../../services/workspaces/workspaces.ts';

export const RoleEnum = builder.enumType('Role', {
  description:
    'The role of a member of a workspace. Each role includes the rights of the ones before it: `VIEWER`, `REVIEWER`, `EDITOR`, `OWNER`.',
  values: {
    VIEWER: { description: 'May read everything and subscribe to events.' },
    REVIEWER: { description: 'May also approve and reject posts.' },
    EDITOR: {
      description:
        'May also create and change campaigns, start and control batches, and edit, regenerate and export posts.',
    },
    OWNER: { description: 'May also delete campaigns. A workspace is deleted with its last owner.' },
  },
});

export const WorkspaceNode = builder.prismaNode('Workspace', {
  id: { field: 'id' },
  nullable: true,
  description: 'The shared space of a team. It owns campaigns, batches, posts and their costs.',
  findUnique: (id, context) => ({
    id,
    memberships: { some: { userId: requireViewer(context).userId } },
  }),
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name of the workspace.' }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'The time when the workspace was created.',
    }),
  }),
});

export const MembershipRef = builder.objectRef<MembershipWithWorkspace>('Membership').implement({
  description: 'A workspace that a user is a member of, and the role of the user.',
  fields: (t) => ({
    workspace: t.expose('workspace', {
      type: WorkspaceNode,
      description: 'The workspace of this membership.',
    }),
    role: t.expose('role', { type: RoleEnum, description: 'The role of the user in the workspace.' }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'The time when the user joined the workspace.',
    }),
  }),
});
