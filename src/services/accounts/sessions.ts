import { createHash, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { InvalidRefreshTokenError, ServiceUnavailableError } from '../../domain/errors/errors.ts';
import type { Database, Transaction } from '../../store/database.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Member, Viewer } from '../../domain/viewer.ts';
import { agree, createSessionWatch, type Rights, type SessionEnd } from './session-watch.ts';

/** A session with its refresh token, which works once. */
export type OpenedSession = Member & {
  sessionId: string;
  refreshToken: string;
  /** When the session ends. Refreshing does not extend it. */
  refreshExpiresAt: Date;
};

export type Sessions = {
  /** Opens a session of a user in a workspace. */
  open(member: Member): Promise<OpenedSession>;
  /**
   * Trades a refresh token for its successor. A token that is used twice may be stolen, so its session ends at once.
   *
   * @throws InvalidRefreshTokenError
   */
  rotate(refreshToken: string): Promise<OpenedSession>;
  /**
   * Ends a user's sessions: on this instance at once, on others within a second.
   *
   * @param which.only id of the only session to end. @param which.allBut id of the session to keep.
   * @returns how many were open.
   */
  end(userId: string, which: { only?: string; allBut?: string }): Promise<number>;
  /** Ends the sessions of all members of a workspace, as `end` does. */
  endIn(workspaceId: string): Promise<number>;
  /**
   * Whether the viewer's session is open, with the same workspace and role.
   *
   * @throws ServiceUnavailableError if the database does not answer in time.
   */
  isOpen(viewer: Viewer): Promise<boolean>;
  /**
   * Calls `onEnd` once, at most 2 s after the session ends or the token expires.
   *
   * @returns a function that stops watching.
   */
  watch(viewer: Viewer, onEnd: (reason: SessionEnd) => void): () => void;
  close(): void;
};

const lifetimeDays = 30;

/** How many sessions are remembered as open. */
const maxRemembered = 10_000;

/**
 * Sessions are rows in the database, and only the database says whether one is open. A flushed Redis lets nobody in.
 *
 * @param options.isShared whether other instances may end sessions. Then an answer of the database is reused for less than
 * a second. A single process knows of every end itself.
 */
export function createSessions(database: Database, options: { isShared: boolean; logger: Logger }): Sessions {
  const { prisma } = database;
  const trustMs = options.isShared ? 900 : 60_000;
  // The embedded database has one connection: waiting behind a large order is not an outage.
  const timeoutMs = options.isShared ? 2_000 : 15_000;
  // The time counts from before the query, so that a later end is noticed in time.
  const remembered = new LRUCache<string, Promise<Rights | undefined>>({
    max: maxRemembered,
    ttl: trustMs,
    ttlResolution: 0,
  });

  const openAmong = async (ids: string[]) => {
    const rows = await database.query<Rights & { id: string }>(
      `SELECT s.id, s."workspaceId", m.role FROM sessions s JOIN memberships m USING ("workspaceId", "userId")
       WHERE s.id = ANY($1::uuid[]) AND s."expiresAt" > $2`,
      [ids, new Date()],
    );
    return new Map(rows.map(({ id, ...rights }) => [id, rights]));
  };
  const watch = createSessionWatch(options.isShared ? openAmong : undefined, options.logger);

  /** Tells watchers of sessions that have ended. @returns how many. */
  function ended(ids: readonly string[]): number {
    for (const id of ids) {
      remembered.delete(id);
      watch.end(id);
    }
    return ids.length;
  }

  function ask(sessionId: string): Promise<Rights | undefined> {
    const answer = within(
      timeoutMs,
      openAmong([sessionId]).then((open) => open.get(sessionId)),
    );
    remembered.set(sessionId, answer);
    answer.catch(() => {
      if (remembered.peek(sessionId) === answer) remembered.delete(sessionId);
    });
    return answer;
  }

  return {
    async open(member) {
      const refreshExpiresAt = new Date(Date.now() + lifetimeDays * 86_400_000);
      const refreshToken = newToken();
      const { id: sessionId } = await prisma.session.create({
        data: {
          userId: member.userId,
          workspaceId: member.workspaceId,
          expiresAt: refreshExpiresAt,
          refreshTokens: { create: { hash: hashOf(refreshToken) } },
        },
      });
      return { ...member, sessionId, refreshToken, refreshExpiresAt };
    },

    async rotate(refreshToken) {
      const outcome = await database.transaction(async (tx) => {
        const session = await lockSession(tx, refreshToken);
        if (session === undefined) return { refused: true } as const;
        const { count } = await tx.refreshToken.updateMany({
          where: { hash: hashOf(refreshToken), usedAt: null },
          data: { usedAt: new Date() },
        });
        if (count === 0) {
          await tx.session.delete({ where: { id: session.sessionId } });
          return { refused: true, reused: session.sessionId } as const;
        }
        const successor = newToken();
        await tx.refreshToken.create({ data: { hash: hashOf(successor), sessionId: session.sessionId } });
        return { refused: false, session: { ...session, refreshToken: successor } } as const;
      });
      if (!outcome.refused) return outcome.session;
      if ('reused' in outcome) {
        ended([outcome.reused]);
        options.logger.warn(
          { sessionId: outcome.reused },
          'a refresh token was used twice; its session is ended',
        );
      }
      throw new InvalidRefreshTokenError();
    },

    async end(userId, { only, allBut }) {
      const rows = await prisma.$queryRaw<{ id: string }[]>`
        DELETE FROM sessions WHERE "userId" = ${userId}::uuid
          AND id = coalesce(${only ?? null}::uuid, id) AND id IS DISTINCT FROM ${allBut ?? null}::uuid RETURNING id`;
      return ended(rows.map(({ id }) => id));
    },

    async endIn(workspaceId) {
      const rows = await prisma.$queryRaw<{ id: string }[]>`
        DELETE FROM sessions WHERE "workspaceId" = ${workspaceId}::uuid RETURNING id`;
      return ended(rows.map(({ id }) => id));
    },

    isOpen: async (viewer) =>
      agree(viewer, await (remembered.get(viewer.sessionId) ?? ask(viewer.sessionId))),

    watch: watch.add,

    close: watch.close,
  };
}

/** Locks the session of a refresh token. Concurrent uses of it wait, so that only one gets a successor. */
async function lockSession(tx: Transaction, refreshToken: string) {
  const [session] = await tx.$queryRaw<(Member & { sessionId: string; refreshExpiresAt: Date })[]>`
    SELECT s."userId", s."workspaceId", m.role, s.id AS "sessionId", s."expiresAt" AS "refreshExpiresAt"
    FROM sessions s JOIN refresh_tokens t ON t."sessionId" = s.id JOIN memberships m USING ("workspaceId", "userId")
    WHERE t.hash = ${hashOf(refreshToken)} AND s."expiresAt" > now() FOR UPDATE OF s`;
  return session;
}

/** 256 random bits cannot be guessed, so a fast hash is enough to store the token. */
function newToken(): string {
  return randomBytes(32).toString('base64url');
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** @throws ServiceUnavailableError if `answer` fails or takes longer than `ms` milliseconds. */
async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('the database took too long')), ms);
  return Promise.race([answer, late])
    .catch((cause: unknown) => {
      throw new ServiceUnavailableError({ cause });
    })
    .finally(() => clearTimeout(timer));
}
