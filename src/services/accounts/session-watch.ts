import type { Logger } from '../../telemetry/logger.ts';
import type { Role, Viewer } from '../../domain/viewer.ts';

/** Why a watched session is over. `unverified`: the database did not answer for too long. */
export type SessionEnd = 'ended' | 'expired' | 'unverified';

/** The workspace and role of an open session, by the database. */
export type Rights = { workspaceId: string; role: Role };

/** Whether a viewer's workspace and role are still those of their session. */
export function agree(viewer: Viewer, rights: Rights | undefined): boolean {
  return viewer.workspaceId === rights?.workspaceId && viewer.role === rights.role;
}

type Watcher = { viewer: Viewer; onEnd: (reason: SessionEnd) => void };

/** Sessions.watch promises 2 s. This leaves time for a busy database. */
const intervalMs = 500;
/**
 * How long the database may be away before open subscriptions are closed. Longer than a stream waits for its log (4.5 s),
 * because a stream that ends by itself tells its client when to come back.
 */
const unverifiedMs = 6_000;

/**
 * Watches the sessions of open subscriptions. Asks the database once for all of them, every half second.
 *
 * @param openAmong returns the open ones among these sessions, with their rights; undefined if `end` is called for every end.
 */
export function createSessionWatch(
  openAmong: ((sessionIds: string[]) => Promise<ReadonlyMap<string, Rights>>) | undefined,
  logger: Logger,
) {
  const watchers = new Set<Watcher>();
  let timer: NodeJS.Timeout | undefined;
  let verifiedAt = 0;

  function finish(reason: SessionEnd, isOver: (viewer: Viewer) => boolean): void {
    for (const watcher of watchers) {
      if (!isOver(watcher.viewer)) continue;
      watchers.delete(watcher);
      watcher.onEnd(reason);
    }
  }

  async function verify(): Promise<void> {
    if (openAmong === undefined || watchers.size === 0) return;
    const asked = new Set([...watchers].map(({ viewer }) => viewer.sessionId));
    const askedAt = performance.now();
    try {
      const open = await openAmong([...asked]);
      verifiedAt = askedAt;
      finish('ended', (viewer) => asked.has(viewer.sessionId) && !agree(viewer, open.get(viewer.sessionId)));
    } catch (error) {
      logger.warn({ err: error }, 'cannot verify the sessions of open subscriptions');
    }
  }

  function look(): void {
    timer = undefined;
    if (watchers.size === 0) return;
    timer = setTimeout(look, intervalMs);
    const now = Date.now();
    finish('expired', ({ expiresAt }) => expiresAt.getTime() <= now);
    if (openAmong !== undefined && performance.now() - verifiedAt > unverifiedMs) {
      finish('unverified', () => true);
    }
    verifying ??= verify().finally(() => (verifying = undefined));
  }
  let verifying: Promise<void> | undefined;

  return {
    /** Watches a viewer's session. @returns a function that stops watching. */
    add(viewer: Viewer, onEnd: (reason: SessionEnd) => void): () => void {
      const watcher = { viewer, onEnd };
      if (watchers.size === 0) verifiedAt = performance.now();
      watchers.add(watcher);
      timer ??= setTimeout(look, intervalMs);
      return () => watchers.delete(watcher);
    },
    /** Called when this process has ended a session. */
    end(sessionId: string): void {
      finish('ended', (viewer) => viewer.sessionId === sessionId);
    },
    close(): void {
      watchers.clear();
      clearTimeout(timer);
    },
  };
}
