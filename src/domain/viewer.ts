/** What a member of a workspace may do there; each role may do what those before it may. */
export const roles = ['VIEWER', 'REVIEWER', 'EDITOR', 'OWNER'] as const;
export type Role = (typeof roles)[number];

/** Who asks: a user, in one of the workspaces that they are a member of. */
export type Viewer = { userId: string; workspaceId: string; role: Role; sessionId: string; expiresAt: Date };
