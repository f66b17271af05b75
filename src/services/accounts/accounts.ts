import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import {
  EmailTakenError,
  InvalidInputError,
  InvalidRefreshTokenError,
  WrongCredentialsError,
} from '../../domain/errors/errors.ts';
import type { Database } from '../../store/database.ts';
import { Prisma, type User } from '../../store/generated/prisma/client.ts';
import { invalidToken, type AccessTokens } from './access-tokens.ts';
import type { Viewer } from '../../domain/viewer.ts';
import type { UserDeletion } from '../deletion/users.ts';
import { isWorkspaceGone } from '../../store/ownership.ts';
import type { Passwords } from './passwords.ts';
import type { RateLimits } from './rate-limits.ts';
import { asLoggedIn, toLogin, type LoggedInUser, type Login } from './logins.ts';
import type { OpenedSession, Sessions } from './sessions.ts';
import type { Workspaces } from '../workspaces/workspaces.ts';
import { parseInput } from '../../domain/validation.ts';

/** Registration, login and what users do to their own login. `address` is the client's network address, used for rate limits. */
export type Accounts = {
  /** Creates a user and a workspace that they own. @throws InvalidInputError, RegistrationClosedError, EmailTakenError, RateLimitedError, ServiceUnavailableError */
  register(
    input: { email: string; password: string; invitation?: string | null | undefined },
    address: string,
  ): Promise<Login>;
  /** Opens a session in the workspace of the user's oldest membership. @throws InvalidInputError, WrongCredentialsError, RateLimitedError, ServiceUnavailableError */
  login(input: { email: string; password: string }, address: string): Promise<Login>;
  /** Trades a refresh token for a new pair of tokens. @throws InvalidRefreshTokenError, RateLimitedError */
  refresh(refreshToken: string, address: string): Promise<Login>;
  /** Ends the viewer's session. @returns how many were open. */
  logout(viewer: Viewer): Promise<number>;
  /** Ends all sessions of the user. @returns how many were open. */
  logoutEverywhere(viewer: Viewer): Promise<number>;
  /**
   * Changes the password and ends all other sessions. @returns how many were open.
   *
   * @throws InvalidInputError, WrongCredentialsError, RateLimitedError, ServiceUnavailableError
   */
  changePassword(
    viewer: Viewer,
    input: { currentPassword: string; newPassword: string },
    address: string,
  ): Promise<number>;
  /**
   * Deletes the user and each workspace that nobody else owns, with its images. Cancels the batches that run there.
   *
   * @throws InvalidInputError, WrongCredentialsError, RateLimitedError, ServiceUnavailableError
   */
  deleteAccount(viewer: Viewer, input: { password: string }, address: string): Promise<void>;
  /**
   * Returns the viewer of an access token.
   *
   * @throws UnauthenticatedError for a token that is not valid now, ServiceUnavailableError if the database does not answer.
   */
  authenticate(token: string): Promise<Viewer>;
  /** Checks that the viewer's session is still open. @throws as `authenticate` */
  recheck(viewer: Viewer): Promise<Viewer>;
  /** @returns the viewer's user; null if it is deleted. */
  me(viewer: Viewer): Promise<LoggedInUser | null>;
};

const email = z
  .string()
  .max(254, 'must have at most 254 characters')
  .transform((text) => text.trim().toLowerCase())
  .pipe(z.email('must be an email address'));
// The bound keeps long input from being hashed.
const password = z
  .string()
  .min(8, 'must have at least 8 characters')
  .max(128, 'must have at most 128 characters')
  .refine((text) => text.isWellFormed(), 'must be plain text');
const credentials = z.object({ email, password });
const registrationSchema = z.object({ email, password, invitation: z.string().nullish() });
const passwordChange = z.object({ currentPassword: password, newPassword: password });
const passwordProof = z.object({ password });

export function createAccounts(
  database: Database,
  deps: {
    tokens: AccessTokens;
    /** Throws unless a person with this invitation may register. */
    mayRegister: (invitation: string | null | undefined) => Promise<void>;
    sessions: Sessions;
    passwords: Passwords;
    deletion: UserDeletion;
    limits: RateLimits;
    workspaces: Workspaces;
  },
): Accounts {
  const { prisma } = database;
  const { tokens, sessions, passwords, deletion, limits, workspaces } = deps;

  /** @throws WrongCredentialsError if the user has been deleted meanwhile. */
  async function openSession(user: User): Promise<OpenedSession> {
    // Only a deleted user has no workspace.
    const [oldest] = await workspaces.membershipsOf({ userId: user.id });
    if (oldest === undefined) throw new WrongCredentialsError();
    const { userId, workspaceId, role } = oldest;
    return sessions.open({ userId, workspaceId, role }).catch((error: unknown) => {
      throw isWorkspaceGone(error) ? new WrongCredentialsError() : error;
    });
  }

  /** @throws WrongCredentialsError if the password is not the viewer's. */
  async function requirePassword(viewer: Viewer, given: string, address: string): Promise<User> {
    const user = await prisma.user.findUnique({ where: { id: viewer.userId } });
    if (user === null) throw invalidToken();
    await limits.attemptLogin(user.email, address);
    if (!(await passwords.matches(given, user.passwordHash))) throw new WrongCredentialsError();
    await limits.forgiveLogin(user.email, address);
    return user;
  }

  async function recheck(viewer: Viewer): Promise<Viewer> {
    if (!(await sessions.isOpen(viewer))) throw invalidToken();
    return viewer;
  }

  return {
    async register(input, address) {
      const { email: normalised, password: given, invitation } = parseInput(registrationSchema, input);
      await limits.attemptRegistration(address);
      await deps.mayRegister(invitation);
      // The workspace gets the user's id: the release before this one expects it, and may serve the next request.
      const id = randomUUIDv7();
      const workspace = { create: { id, name: normalised.split('@')[0] ?? normalised } };
      const data = {
        id,
        email: normalised,
        passwordHash: await passwords.hash(given),
        memberships: { create: { role: 'OWNER' as const, workspace } },
      };
      const user = await prisma.user.create({ data }).catch((error: unknown) => {
        if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002')
          throw new EmailTakenError();
        throw error;
      });
      return toLogin(tokens, user, await openSession(user));
    },
    async login(input, address) {
      const { email: normalised, password: given } = parseInput(credentials, input);
      await limits.attemptLogin(normalised, address);
      const user = await prisma.user.findUnique({ where: { email: normalised } });
      const matches = await passwords.matches(given, user?.passwordHash);
      if (user === null || !matches) throw new WrongCredentialsError();
      await limits.forgiveLogin(normalised, address);
      const session = await openSession(user);
      // A password change ends the sessions that are open then. This one may have been opened after that with the old password.
      const now = await prisma.user.findUnique({ where: { id: user.id } });
      if (now?.passwordHash !== user.passwordHash) {
        await sessions.end(user.id, { only: session.sessionId });
        throw new WrongCredentialsError();
      }
      return toLogin(tokens, user, session);
    },
    async refresh(refreshToken, address) {
      await limits.attemptRefresh(address);
      const session = await sessions.rotate(refreshToken);
      const user = await prisma.user.findUnique({ where: { id: session.userId } });
      if (user === null) throw new InvalidRefreshTokenError();
      return toLogin(tokens, user, session);
    },
    logout: (viewer) => sessions.end(viewer.userId, { only: viewer.sessionId }),
    logoutEverywhere: (viewer) => sessions.end(viewer.userId, {}),
    async changePassword(viewer, input, address) {
      const { currentPassword, newPassword } = parseInput(passwordChange, input);
      if (newPassword === currentPassword) {
        throw new InvalidInputError([{ path: 'input.newPassword', message: 'must be another password' }]);
      }
      const user = await requirePassword(viewer, currentPassword, address);
      const passwordHash = await passwords.hash(newPassword);
      // Of two concurrent changes, the second one does not find the hash that it has checked.
      const { count } = await prisma.user.updateMany({
        where: { id: user.id, passwordHash: user.passwordHash },
        data: { passwordHash },
      });
      if (count === 0) throw new WrongCredentialsError();
      return sessions.end(user.id, { allBut: viewer.sessionId });
    },
    async deleteAccount(viewer, input, address) {
      const { password: given } = parseInput(passwordProof, input);
      await requirePassword(viewer, given, address);
      // First, while the rows can still be found: closes subscriptions and keeps everybody out.
      await sessions.end(viewer.userId, {});
      const closed = await deletion.run(viewer);
      // Who logged in meanwhile.
      await sessions.end(viewer.userId, {});
      for (const workspaceId of closed) await sessions.endIn(workspaceId);
    },
    authenticate: async (token) => recheck(await tokens.verify(token)),
    recheck,
    async me(viewer) {
      const user = await prisma.user.findUnique({ where: { id: viewer.userId } });
      return user === null ? null : asLoggedIn(user, viewer);
    },
  };
}
