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
import type { AccountDeletion } from '../deletion/accounts.ts';
import { isOwnerGone } from '../../store/ownership.ts';
import type { Passwords } from './passwords.ts';
import type { RateLimits } from './rate-limits.ts';
import type { OpenedSession, Sessions } from './sessions.ts';
import { parseInput } from '../../domain/validation.ts';

export type Login = { user: User; accessToken: string; expiresAt: Date } & OpenedSession;

/** `address` is the client's network address, which attempts are counted by. */
export type Accounts = {
  /** @throws InvalidInputError, EmailTakenError, RateLimitedError, ServiceUnavailableError */
  register(input: { email: string; password: string }, address: string): Promise<Login>;
  /** @throws InvalidInputError, WrongCredentialsError, RateLimitedError, ServiceUnavailableError */
  login(input: { email: string; password: string }, address: string): Promise<Login>;
  /** Trades a refresh token for a new pair of tokens. @throws InvalidRefreshTokenError, RateLimitedError */
  refresh(refreshToken: string, address: string): Promise<Login>;
  /** Ends the viewer's session. @returns how many were open. */
  logout(viewer: Viewer): Promise<number>;
  /** Ends all sessions of the account. @returns how many were open. */
  logoutEverywhere(viewer: Viewer): Promise<number>;
  /**
   * Ends all other sessions as well. @returns how many.
   *
   * @throws InvalidInputError, WrongCredentialsError, RateLimitedError, ServiceUnavailableError
   */
  changePassword(
    viewer: Viewer,
    input: { currentPassword: string; newPassword: string },
    address: string,
  ): Promise<number>;
  /**
   * Cancels what runs, deletes everything the account owns, and sees to it that its pictures go.
   *
   * @throws InvalidInputError, WrongCredentialsError, RateLimitedError, ServiceUnavailableError
   */
  deleteAccount(viewer: Viewer, input: { password: string }, address: string): Promise<void>;
  /**
   * @param token an access token.
   * @throws UnauthenticatedError for any token that is not valid now, ServiceUnavailableError where nobody can say.
   */
  authenticate(token: string): Promise<Viewer>;
  /** Asks whether the session of who was authenticated is still open. @throws as `authenticate` */
  recheck(viewer: Viewer): Promise<Viewer>;
  me(viewer: Viewer): Promise<User | null>;
};

const email = z
  .string()
  .max(254, 'must have at most 254 characters')
  .transform((text) => text.trim().toLowerCase())
  .pipe(z.email('must be an email address'));
// A longer one is refused before it costs a hash.
const password = z
  .string()
  .min(8, 'must have at least 8 characters')
  .max(128, 'must have at most 128 characters')
  .refine((text) => text.isWellFormed(), 'must be plain text');
const credentials = z.object({ email, password });
const passwordChange = z.object({ currentPassword: password, newPassword: password });
const passwordProof = z.object({ password });

export function createAccounts(
  database: Database,
  deps: {
    tokens: AccessTokens;
    sessions: Sessions;
    passwords: Passwords;
    deletion: AccountDeletion;
    limits: RateLimits;
  },
): Accounts {
  const { prisma } = database;
  const { tokens, sessions, passwords, deletion, limits } = deps;

  async function toLogin(user: User, session: OpenedSession): Promise<Login> {
    return { user, ...session, ...(await tokens.issue(user.id, session.sessionId)) };
  }

  /** @throws WrongCredentialsError where the password is not the viewer's. */
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
      const { email: normalised, password: given } = parseInput(credentials, input);
      await limits.attemptRegistration(address);
      const data = { email: normalised, passwordHash: await passwords.hash(given) };
      const user = await prisma.user.create({ data }).catch((error: unknown) => {
        if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002')
          throw new EmailTakenError();
        throw error;
      });
      return toLogin(user, await sessions.open(user.id));
    },
    async login(input, address) {
      const { email: normalised, password: given } = parseInput(credentials, input);
      await limits.attemptLogin(normalised, address);
      const user = await prisma.user.findUnique({ where: { email: normalised } });
      const matches = await passwords.matches(given, user?.passwordHash);
      if (user === null || !matches) throw new WrongCredentialsError();
      await limits.forgiveLogin(normalised, address);
      const session = await sessions.open(user.id).catch((error: unknown) => {
        throw isOwnerGone(error) ? new WrongCredentialsError() : error;
      });
      // A change of the password ends all sessions that were open then; one that was opened behind it has to end itself.
      const now = await prisma.user.findUnique({ where: { id: user.id } });
      if (now?.passwordHash !== user.passwordHash) {
        await sessions.end(user.id, { only: session.sessionId });
        throw new WrongCredentialsError();
      }
      return toLogin(user, session);
    },
    async refresh(refreshToken, address) {
      await limits.attemptRefresh(address);
      const session = await sessions.rotate(refreshToken);
      const user = await prisma.user.findUnique({ where: { id: session.userId } });
      if (user === null) throw new InvalidRefreshTokenError();
      return toLogin(user, session);
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
      // Of two changes at once the second finds another hash than the one that it checked.
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
      // First, while their rows can still be found: subscriptions close, and nobody comes in any more.
      await sessions.end(viewer.userId, {});
      await deletion.run(viewer);
    },
    authenticate: async (token) => recheck(await tokens.verify(token)),
    recheck,
    me: (viewer) => prisma.user.findUnique({ where: { id: viewer.userId } }),
  };
}
