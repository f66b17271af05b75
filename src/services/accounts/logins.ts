import type { Viewer } from '../../domain/viewer.ts';
import type { User } from '../../store/generated/prisma/client.ts';
import type { AccessTokens } from './access-tokens.ts';
import type { OpenedSession } from './sessions.ts';

/** A user, with the workspace that they are logged in to and their role there. */
export type LoggedInUser = User & Pick<Viewer, 'workspaceId' | 'role'>;

/** A session with its tokens. */
export type Login = { user: LoggedInUser; accessToken: string; expiresAt: Date } & Pick<
  OpenedSession,
  'refreshToken' | 'refreshExpiresAt'
>;

/** Issues the access token of a session that was just opened or refreshed. */
export async function toLogin(tokens: AccessTokens, user: User, session: OpenedSession): Promise<Login> {
  const { refreshToken, refreshExpiresAt } = session;
  return {
    user: asLoggedIn(user, session),
    refreshToken,
    refreshExpiresAt,
    ...(await tokens.issue(session)),
  };
}

/** Adds workspace and role to a user. */
export function asLoggedIn(
  user: User,
  { workspaceId, role }: Pick<Viewer, 'workspaceId' | 'role'>,
): LoggedInUser {
  return { ...user, workspaceId, role };
}
