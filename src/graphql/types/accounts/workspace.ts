import { builder } from '../../builder.ts';
import { requireViewer } from '../../context.ts';
import type { MembershipWithWorkspace } from '../../../services/workspaces/workspaces.ts';

export const RoleEnum = builder.enumType('Role', {
  description:
    'What a member of a workspace may do. From `VIEWER` over `REVIEWER` and `EDITOR` to `OWNER`, each may do what the one before may.',
  values: {
    VIEWER: { description: 'Reads and follows everything.' },
    REVIEWER: { description: 'Approves and rejects posts.' },
    EDITOR: {
      description: 'Writes campaigns, starts and controls batches, edits, regenerates and exports posts.',
    },
    OWNER: { description: 'Deletes campaigns. The workspace goes with the account of its last owner.' },
  },
});

export const WorkspaceNode = builder.prismaNode('Workspace', {
  id: { field: 'id' },
  nullable: true,
  description: 'What a team works in. It owns campaigns, batches and posts, and what was paid for them.',
  findUnique: (id, context) => ({
    id,
    memberships: { some: { userId: requireViewer(context).userId } },
  }),
  fields: (t) => ({
    name: t.exposeString('name', { description: 'What its members call it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
  }),
});

export const MembershipRef = builder.objectRef<MembershipWithWorkspace>('Membership').implement({
  description: 'A workspace that you are a member of, and as what.',
  fields: (t) => ({
    workspace: t.expose('workspace', { type: WorkspaceNode, description: 'The workspace.' }),
    role: t.expose('role', { type: RoleEnum, description: 'What you may do there.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'Since when.' }),
  }),
});
