import { z } from 'zod';
import { NotFoundError } from '../../domain/errors/errors.ts';
import { globalId } from '../../domain/ids.ts';
import { parseInput } from '../../domain/validation.ts';
import type { Viewer } from '../../domain/viewer.ts';
import type { Database } from '../../store/database.ts';
import { isWorkspaceGone } from '../../store/ownership.ts';
import { invalidToken, type AccessTokens } from '../accounts/access-tokens.ts';
import { toLogin, type Login } from '../accounts/logins.ts';
import type { RateLimits } from '../accounts/rate-limits.ts';
import type { Sessions } from '../accounts/sessions.ts';
import type { Workspaces } from './workspaces.ts';

/**
 * Opens a session in another of the viewer's workspaces and ends their current one, with its refresh token and subscriptions.
 *
 * @param input.workspaceId a global id.
 * @param address the client's network address. Attempts count towards its limit of refreshes.
 * @throws InvalidInputError, NotFoundError if the viewer is no member, RateLimitedError
 */
export type SwitchWorkspace = (
  viewer: Viewer,
  input: { workspaceId: string },
  address: string,
) => Promise<Login>;

const switchSchema = z.object({ workspaceId: globalId('Workspace') });

export function createSwitchWorkspace(
  { prisma }: Database,
  deps: { tokens: AccessTokens; sessions: Sessions; limits: RateLimits; workspaces: Workspaces },
): SwitchWorkspace {
  const { tokens, sessions, limits, workspaces } = deps;
  return async (viewer, input, address) => {
    const { workspaceId } = parseInput(switchSchema, input);
    await limits.attemptRefresh(address);
    const membership = await workspaces.membershipIn(viewer, workspaceId);
    if (membership === null) throw new NotFoundError('workspace', 'input.workspaceId');
    const user = await prisma.user.findUnique({ where: { id: viewer.userId } });
    if (user === null) throw invalidToken();
    const { userId, role } = membership;
    const session = await sessions.open({ userId, workspaceId, role }).catch((error: unknown) => {
      throw isWorkspaceGone(error) ? invalidToken() : error;
    });
    // Of two switches from one session, only the first one ends it and keeps the new one.
    if ((await sessions.end(userId, { only: viewer.sessionId })) === 0) {
      await sessions.end(userId, { only: session.sessionId });
      throw invalidToken();
    }
    return toLogin(tokens, user, session);
  };
}
