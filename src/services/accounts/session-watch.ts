import type { Logger } from '../../telemetry/logger.ts';
import type { Role, Viewer } from '../../domain/viewer.ts';

/** Why a watched session is over: ended, its token expired, or for too long nobody could say whether it is open. */
export type SessionEnd = 'ended' | 'expired' | 'unverified';

/** What an open session may be used for, as the database says. */
export type Rights = { workspaceId: string; role: Role };

/** Whether a viewer is in the workspace, and has the role, that the rights of their session say. */
export function agree(viewer: Viewer, rights: Rights | undefined): boolean {
  return viewer.workspaceId === rights?.workspaceId && viewer.role === rights.role;
}

type Watcher = { viewer: Viewer; onEnd: (reason: SessionEnd) => void };

/** Two seconds are promised; a database with much to do takes its part of them. */
const intervalMs = 500;
/** How long the database may be away before open subscriptions are closed, to be opened again when it is back. */
const unverifiedMs = 5_000;

/**
 * Watches over what outlives a request: one question each half second for all open subscriptions of this instance.
 *
 * @param openAmong which of these sessions are open, and their rights; undefined where `end` tells of every end.
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
    add(viewer: Viewer, onEnd: (reason: SessionEnd) => void): () => void {
      const watcher = { viewer, onEnd };
      if (watchers.size === 0) verifiedAt = performance.now();
      watchers.add(watcher);
      timer ??= setTimeout(look, intervalMs);
      return () => watchers.delete(watcher);
    },
    /** Tells of an end that this process brought about. */
    end(sessionId: string): void {
      finish('ended', (viewer) => viewer.sessionId === sessionId);
    },
    close(): void {
      watchers.clear();
      clearTimeout(timer);
    },
  };
}
