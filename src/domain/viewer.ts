/** What a member of a workspace may do there; each role may do what those before it may. */
export const roles = ['VIEWER', 'REVIEWER', 'EDITOR', 'OWNER'] as const;
export type Role = (typeof roles)[number];

/** A user in one of the workspaces that they are a member of. */
export type Member = { userId: string; workspaceId: string; role: Role };

/** Who asks. */
export type Viewer = Member & { sessionId: string; expiresAt: Date };

/** Whether a role may do what `needed` may. */
export function covers(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}
