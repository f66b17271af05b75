import { createHash, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { InvalidRefreshTokenError, ServiceUnavailableError } from '../../domain/errors/errors.ts';
import type { Database, Transaction } from '../../store/database.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Member, Viewer } from '../../domain/viewer.ts';
import { agree, createSessionWatch, type Rights, type SessionEnd } from './session-watch.ts';

/** A refresh token works once and brings the next one with it. */
export type OpenedSession = Member & {
  sessionId: string;
  refreshToken: string;
  /** When the session ends, however often it is refreshed. */
  refreshExpiresAt: Date;
};

export type Sessions = {
  /** Opens a session of a user in a workspace. */
  open(member: Member): Promise<OpenedSession>;
  /**
   * Trades a refresh token for its successor. One that was used before has been stolen, or its answer was lost: nobody can
   * tell, so the whole session ends. There is no time of grace.
   *
   * @throws InvalidRefreshTokenError
   */
  rotate(refreshToken: string): Promise<OpenedSession>;
  /**
   * Ends a user's sessions: on this instance at once, on all others within a second.
   *
   * @returns how many were open.
   */
  end(userId: string, which: { only?: string; allBut?: string }): Promise<number>;
  /** Ends the sessions of all members of a workspace, as `end` does. */
  endIn(workspaceId: string): Promise<number>;
  /**
   * Whether the session of a token is open, and is in the workspace and has the role that the token says.
   *
   * @throws ServiceUnavailableError where nobody can tell within `patienceMs`: a refusal, not an entry.
   */
  isOpen(viewer: Viewer): Promise<boolean>;
  /**
   * Calls `onEnd` once, at most 2 s after the session ends or the token expires.
   *
   * @returns how to stop watching.
   */
  watch(viewer: Viewer, onEnd: (reason: SessionEnd) => void): () => void;
  close(): void;
};

const lifetimeDays = 30;

/** How many sessions are remembered as open. */
const maxRemembered = 10_000;

/**
 * Sessions are rows in the database, and the database alone says whether one is open. Redis has no part in
 * it: nothing that is lost there, or flushed, lets anybody in.
 *
 * @param options.isShared whether other instances may end sessions. Then an answer of the database is trusted
 * for less than a second; a single process knows of every end itself.
 */
export function createSessions(database: Database, options: { isShared: boolean; logger: Logger }): Sessions {
  const { prisma } = database;
  const trustMs = options.isShared ? 900 : 60_000;
  // Embedded, one connection serves everything, and a large order in front of the question is not an outage.
  const patienceMs = options.isShared ? 2_000 : 15_000;
  // Counted from before the question: an end that comes after it is known in time.
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

  function ended(ids: readonly string[]): number {
    for (const id of ids) {
      remembered.delete(id);
      watch.end(id);
    }
    return ids.length;
  }

  function ask(sessionId: string): Promise<Rights | undefined> {
    const answer = within(
      patienceMs,
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

/** Uses of the tokens of one session come one after another: 20 at once have one successor. */
async function lockSession(tx: Transaction, refreshToken: string) {
  const [session] = await tx.$queryRaw<(Member & { sessionId: string; refreshExpiresAt: Date })[]>`
    SELECT s."userId", s."workspaceId", m.role, s.id AS "sessionId", s."expiresAt" AS "refreshExpiresAt"
    FROM sessions s JOIN refresh_tokens t ON t."sessionId" = s.id JOIN memberships m USING ("workspaceId", "userId")
    WHERE t.hash = ${hashOf(refreshToken)} AND s."expiresAt" > now() FOR UPDATE OF s`;
  return session;
}

/** 256 random bits: nothing to guess, so a fast hash is enough to store it by. */
function newToken(): string {
  return randomBytes(32).toString('base64url');
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** @throws ServiceUnavailableError where the answer takes longer, or the question fails. */
async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('the database took too long')), ms);
  return Promise.race([answer, late])
    .catch((cause: unknown) => {
      throw new ServiceUnavailableError({ cause });
    })
    .finally(() => clearTimeout(timer));
}
